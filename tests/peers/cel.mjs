// Evaluates CEL conditions with @marcbachmann/cel-js: one JSON object a line, one answer a line.
//
//   {"condition": TEXT, "facts": {"account.admin": true, "account.proofed_age": {"ms": 5}, "action": "unlock", ...}}
//   -> {"truth": "yes" | "no" | "error"}
import { createInterface } from 'node:readline'
import { evaluate, givenOf } from './cel_engine.mjs'

for await (const line of createInterface({ input: process.stdin })) {
  const { condition, facts } = JSON.parse(line)
  let truth
  try {
    truth = evaluate(condition, givenOf(facts)) ? 'yes' : 'no'
  } catch (error) {
    if (!/No such key|Unknown variable/.test(String(error))) throw new Error(`${condition}: ${error}`)
    truth = 'error'
  }
  process.stdout.write(`${JSON.stringify({ truth })}\n`)
}
