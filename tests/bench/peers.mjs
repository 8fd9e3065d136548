// Times two engines that others made on the policies and requests that `bench_decide --emit DIR` wrote, and prints
// JSON. First each is held to our answers: a benchmark of something that answers otherwise is worthless.
//
//   node tests/bench/peers.mjs DIR        leaves with 1 at the first answer that is not ours
//
// What is compared is which rules fire. The rest of our decision neither engine can say: tiers and their joining,
// what evidence counts, seats of approvers, holds, what is still missing. Facts are handed over as the objects that
// an engine takes, made beforehand; ours are set up from strings in every decision.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { preparsePolicySet, statefulIsAuthorized } from '../peers/cedar_engine.mjs'
import { givenOf, parse } from '../peers/cel_engine.mjs'

const SIZES = [50, 500, 5000] // of bench_decide
const LOADS = 5 // the median is told
const TIMED_MIN = 3_000_000_000n // nanoseconds of decisions at least, in whole rounds of the requests,
const SAMPLES_MIN = 100 // and so many samples
const versions = JSON.parse(readFileSync(new URL('../peers/package.json', import.meta.url))).dependencies

// cel-js: the conditions are CEL as they stand. A program without an index asks every rule in turn.
const cel = {
  name: 'cel-js',
  version: versions['@marcbachmann/cel-js'],
  batch: 64, // decisions between two looks at the clock, as ours

  translate: (policy) => policy,
  load(policy) {
    const parsed = (list) => list.map((one) => ({ ...one, when: one.when === undefined ? undefined : parse(one.when) }))
    return { classes: parsed(policy.classes), points: parsed(policy.points), rules: parsed(policy.rules) }
  },
  call(policy, request) {
    const levels = Object.entries(policy.levels).map(([name, points]) => [name, BigInt(points)])
    return { given: givenOf(request.facts), levels: Object.fromEntries(levels) }
  },
  decide(loaded, { given, levels }) {
    const found = loaded.classes.find((one) => one.when === undefined || one.when(given))
    let points = 0
    for (const reason of loaded.points) if (reason.when(given)) points += reason.add
    given.risk = { points: BigInt(points), ...levels }
    const rules = []
    for (const rule of loaded.rules) if (rule.when(given)) rules.push(rule.id)
    return { class: found.name, points, rules }
  },
  answer: (_, decided) => decided,
}

// cedar-wasm: one policy permits, and each rule forbids what it fires for, so the reasons of an answer are the rules
// that fired. The text of all policies is parsed once (preparsePolicySet).
//
// What Cedar cannot say of ours: a rule that asks for more (tiers, approvers, evidence, holds) is a `forbid` like one
// that refuses; risk points are no sum over policies, so each request brings its own; classes are not asked in order,
// so the first of those that matched is picked here; and where a fact is missing Cedar passes the policy over, while
// our rule fires. Here no fact is missing that a condition reads, and an error of a policy ends the run.
//
// Facts stand in the context, and only those that a policy reads. As attributes of an entity, with the groups as its
// parents or in a set, a call takes longer.
const cedar = {
  name: 'cedar-wasm',
  version: versions['@cedar-policy/cedar-wasm'],
  batch: 1, // a call takes so long that the clock does not count

  translate(policy) {
    const attributes = new Set() // that a policy reads
    const policies = [{ text: 'permit(principal, action, resource);' }] // policy0, policy1, ... by Cedar's names
    const forbid = (found, when) =>
      policies.push({ found, text: `forbid(principal, action, resource) when { ${inCedar(when, attributes)} };` })
    for (const one of policy.classes) if (one.when !== undefined) forbid({ class: one.name }, one.when)
    for (const rule of policy.rules) forbid({ rule: rule.id }, rule.when)
    return {
      id: `${policy.rules.length} rules`,
      text: policies.map((one) => one.text).join('\n'),
      found: policies.map((one) => one.found ?? {}),
      attributes: [...attributes].filter((name) => !name.startsWith('risk.')),
      levels: policy.levels,
      last: policy.classes.at(-1).name, // the class of whoever is in no other
    }
  },
  load(translated) {
    const { type, errors } = preparsePolicySet(translated.id, { staticPolicies: translated.text })
    if (type !== 'success') throw new Error(`cedar-wasm: ${JSON.stringify(errors).slice(0, 1000)}`)
    return translated
  },
  call(translated, { facts, points }) {
    const context = { account: {}, agent: {}, request: {}, risk: { points, ...translated.levels } }
    for (const name of translated.attributes) {
      const [object, field] = name.split('.')
      context[object][field] = facts[name]
    }
    return {
      principal: { type: 'Agent', id: 'agent' },
      action: { type: 'Action', id: facts.action },
      resource: { type: 'Account', id: 'account' },
      context,
      entities: [],
      preparsedPolicySetId: translated.id,
      validateRequest: false,
    }
  },
  decide: (_, call) => statefulIsAuthorized(call),
  answer(translated, { type, errors, response }) {
    if (type !== 'success' || response.diagnostics.errors.length > 0)
      throw new Error(`cedar-wasm: ${JSON.stringify(errors ?? response.diagnostics.errors).slice(0, 1000)}`)
    const numbers = response.diagnostics.reason.map((id) => Number(id.replace(/^policy/, '')))
    const found = numbers.sort((a, b) => a - b).map((number) => translated.found[number])
    return {
      class: found.find((one) => one.class !== undefined)?.class ?? translated.last,
      rules: found.filter((one) => one.rule !== undefined).map((one) => one.rule),
    }
  },

  // The same call for a principal with a name that Cedar refuses: it evaluates no policy, so this is what the package
  // takes for itself. The objects go into WASM and back as JSON, and the parsed policies are copied at every call.
  idle(_, call) {
    const { type } = statefulIsAuthorized({ ...call, principal: { type: 'no name', id: 'agent' } })
    if (type !== 'failure') throw new Error('cedar-wasm: a principal of the type `no name` was taken')
  },
}

// One of our conditions in Cedar, of what these policies say; its attributes go into `attributes`.
function inCedar(condition, attributes) {
  const piece = /'([^'\\]*)' in (account\.groups)|action == '(\w+)'|'([^'\\]*)'|(\w+\.\w+)|&&|\|\||==|>=|[()]| +/gy
  let out = ''
  while (piece.lastIndex < condition.length) {
    const at = piece.lastIndex
    const match = piece.exec(condition)
    if (match === null) throw new Error(`\`${condition.slice(at)}\`: not translated to Cedar`)
    const [whole, group, groups, action, text, attribute] = match
    if (groups ?? attribute) attributes.add(groups ?? attribute)
    if (groups) out += `context.${groups}.contains(${JSON.stringify(group)})`
    else if (action) out += `action == Action::${JSON.stringify(action)}`
    else if (text !== undefined) out += JSON.stringify(text)
    else if (attribute) out += `context.${attribute}`
    else out += whole
  }
  return out
}

// Every answer must be ours.
function compare(peer, prepared, loaded, requests) {
  for (const request of requests) {
    const theirs = peer.answer(prepared, peer.decide(loaded, peer.call(prepared, request)))
    for (const part of Object.keys(theirs))
      if (JSON.stringify(theirs[part]) !== JSON.stringify(request[part]))
        throw new Error(
          `${peer.name} says ${part} ${JSON.stringify(theirs[part])}, Sallyport ${JSON.stringify(request[part])}, ` +
            `of ${JSON.stringify(request.facts)}`,
        )
  }
}

// Nanoseconds for one of `calls`, sorted: each sample is the mean of a batch.
function timesOf(batch, calls, decide) {
  const times = []
  const end = process.hrtime.bigint() + TIMED_MIN
  while (times.length < SAMPLES_MIN || process.hrtime.bigint() < end)
    for (let first = 0; first < calls.length; first += batch) {
      const last = Math.min(first + batch, calls.length)
      const began = process.hrtime.bigint()
      for (let i = first; i < last; ++i) decide(calls[i])
      times.push(Number(process.hrtime.bigint() - began) / (last - first))
    }
  return times.sort((a, b) => a - b)
}

const percentile = (sorted, p) => sorted[Math.floor(p * (sorted.length - 1))]

function measure(peer, policy) {
  const prepared = peer.translate(policy)
  const loads = []
  let loaded
  for (let i = 0; i < LOADS; ++i) {
    const began = process.hrtime.bigint()
    loaded = peer.load(prepared)
    loads.push(Number(process.hrtime.bigint() - began))
  }
  loads.sort((a, b) => a - b)
  compare(peer, prepared, loaded, [...policy.checks, ...policy.requests]) // which also warms up
  const calls = policy.requests.map((request) => peer.call(prepared, request))
  const times = timesOf(peer.batch, calls, (call) => peer.decide(loaded, call))
  const out = {
    rules: policy.rules.length,
    p50_ns: Math.round(percentile(times, 0.5)),
    p99_ns: Math.round(percentile(times, 0.99)),
    load_us: Math.round(percentile(loads, 0.5) / 1000),
    samples: times.length,
    compared: policy.checks.length + policy.requests.length,
  }
  if (peer.idle) {
    const few = calls.slice(0, SAMPLES_MIN)
    out.idle_p50_ns = Math.round(percentile(timesOf(1, few, (call) => peer.idle(loaded, call)), 0.5))
  }
  return out
}

const folder = process.argv[2]
const policies = SIZES.map((rules) => JSON.parse(readFileSync(join(folder, `peers-${rules}.json`))))
const peers = [cedar, cel].map((peer) => ({
  name: peer.name,
  version: peer.version,
  batch: peer.batch,
  sizes: policies.map((policy) => measure(peer, policy)),
}))
process.stdout.write(`${JSON.stringify({ node: process.version, peers })}\n`)
