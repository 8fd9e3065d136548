// @marcbachmann/cel-js, and facts as it takes them. Here, because packages are found from beside node_modules only.
import { evaluate } from '@marcbachmann/cel-js'

export { evaluate, parse } from '@marcbachmann/cel-js'

// What a program in CEL's own types would pass: numbers as int, spans as duration.
function valueOf(fact) {
  if (typeof fact === 'number') return BigInt(fact)
  if (fact !== null && typeof fact === 'object' && 'ms' in fact) return evaluate(`duration('${fact.ms}ms')`, {})
  return fact
}

// {"account.admin": true, "account.proofed_age": {"ms": 5}, "action": "unlock", ...} as maps.
export function givenOf(facts) {
  const given = { account: {}, agent: {}, request: {}, risk: {} }
  for (const [name, fact] of Object.entries(facts)) {
    const [object, field] = name.split('.')
    if (field === undefined) given[object] = valueOf(fact)
    else given[object][field] = valueOf(fact)
  }
  return given
}
