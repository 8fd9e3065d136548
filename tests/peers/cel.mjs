// Evaluates CEL conditions with @marcbachmann/cel-js: one JSON object a line, one answer a line.
//
//   {"condition": TEXT, "facts": {"account.admin": true, "account.proofed_age": {"ms": 5}, "action": "unlock", ...}}
//   -> {"truth": "yes" | "no" | "error"}
import { evaluate } from '@marcbachmann/cel-js'
import { createInterface } from 'node:readline'

// What a program in CEL's own types would pass: numbers as int, spans as duration.
function valueOf(fact) {
  if (typeof fact === 'number') return BigInt(fact)
  if (fact !== null && typeof fact === 'object' && 'ms' in fact) return evaluate(`duration('${fact.ms}ms')`, {})
  return fact
}

for await (const line of createInterface({ input: process.stdin })) {
  const { condition, facts } = JSON.parse(line)
  const given = { account: {}, agent: {}, request: {}, risk: {} }
  for (const [name, fact] of Object.entries(facts)) {
    const [object, field] = name.split('.')
    if (field === undefined) given[object] = valueOf(fact)
    else given[object][field] = valueOf(fact)
  }
  let truth
  try {
    truth = evaluate(condition, given) ? 'yes' : 'no'
  } catch (error) {
    if (!/No such key|Unknown variable/.test(String(error))) throw new Error(`${condition}: ${error}`)
    truth = 'error'
  }
  process.stdout.write(`${JSON.stringify({ truth })}\n`)
}
