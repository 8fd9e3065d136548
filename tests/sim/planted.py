#!/usr/bin/env python3
"""Plants bugs, one after the other, and tells how many simulated cases it takes to find each.

  tests/sim/planted.py --check             does every bug still fit the sources, and has it its line in the table?
  tests/sim/planted.py [NAME ...]          plant, build, simulate; all of them, or those named
  tests/sim/planted.py --cases 20000 ...   give up on a bug after so many cases (the default)
  tests/sim/planted.py --stories ...       ask the stories in memory as well, where the simulator finds nothing
  tests/sim/planted.py --results FILE ...  keep what was found there, line by line; what it holds is not run again
  tests/sim/planted.py --write docs/testing.md --results FILE     write the table, with what was not run

The programs' own assertions (base/invariant.h) are taken out as well, so that it is the simulator's auditor that sees
the bug; --assert leaves them in. Sources are changed in place and put back, so it wants a tree without changes of its
own. A bug that nothing finds is a hole in the simulator: it ends with 1.
"""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECIDE = 'src/core/cases/decide.cc'
ASSESS = 'src/core/cases/assess.cc'
EVOLVE = 'src/core/cases/evolve.cc'
WEIGH = 'src/core/policy/weigh.cc'
JUDGE = 'src/core/policy/judge.cc'
ADJUDICATOR = 'src/app/adjudicator.cc'
EXECUTOR = 'src/app/action_executor.cc'
DESK = 'src/app/claimant_desk.cc'
CLOCK = 'src/app/watched_clock.cc'
ORGANIZATION = 'src/core/organization/organization.cc'
ASSERTION = ('src/base/invariant.h',
             '(static_cast<bool>(condition) ? void(0) : ::sallyport::invariant_violated(number))',
             'void(sizeof(static_cast<bool>(condition)))')
DOCUMENT = ROOT / 'docs/testing.md'
BEGIN = '<!-- planted: begin, written by tests/sim/planted.py --write -->'
END = '<!-- planted: end -->'

# Name, and edits: file, what stands there once, what stands there instead.
BUGS = [
    ('an approver is counted twice',
     [(DECIDE, 'if (std::ranges::any_of(s_.approvals, same_person))', 'if (false)'),
      (DECIDE, 'const auto same_person = [&]', '[[maybe_unused]] const auto same_person = [&]'),
      (JUDGE, 'std::ranges::none_of(persons, [&](const auto* p) { return p->person == a.person; })', 'true')]),
    ('two accounts of one person are two approvers',
     [(ORGANIZATION, 'if (id != m.id && other.person == m.person)', 'if (false)'),
      (JUDGE, 'std::ranges::none_of(persons, [&](const auto* p) { return p->person == a.person; })', 'true')]),
    ('whoever opened the case may approve it',
     [(ASSESS, 'if (member.person == o.requester)\n    return deny(DenialCode::requester_may_not_approve',
       'if (false)\n    return deny(DenialCode::requester_may_not_approve')]),
    ('the holder of the account may approve',
     [(ASSESS, 'if (member.person == o.account.holder)\n    return deny(DenialCode::holder_may_not_approve',
       'if (false)\n    return deny(DenialCode::holder_may_not_approve')]),
    ('whoever vouched may approve',
     [(ASSESS, 'if (has_attested(state, member.person))', 'if (false && has_attested(state, member.person))')]),
    ('anybody on the staff with a seat may approve',
     [(ASSESS, 'if (!member.has(StaffRole::approver))', 'if (false)')]),
    ('whoever had a part in a case may review it',
     [(DECIDE, 'if (std::ranges::find(s_.involved, member->person) != s_.involved.end())', 'if (false)')]),
    ('an agent may open cases for their own account',
     [(DECIDE, 'if (agent->person == c.account.holder)', 'if (false)')]),
    ('approvals outlive the verification that they were given for',
     [(EVOLVE, '    s_.approvals.clear();\n', '')]),
    ('a permit is not used up by its intent',
     [(EVOLVE, '    s_.permit.reset();\n    s_.intent = e;', '    s_.intent = e;')]),
    ('a hold is not waited for',
     [(ASSESS, 'if (now < *a->hold_until) return refuse', 'if (false) return refuse'),
      (ASSESS, 'if (out.hold_until && now < *out.hold_until)', 'if (false)')]),
    ('a verification does not lapse',
     [(ASSESS, 'out.identity_stands = state.identity && now < state.identity->expires_at;',
       'out.identity_stands = state.identity.has_value();')]),
    ('freshness is off by one minute',
     [(WEIGH, 'now - e.at > *rule.fresh)', 'now - e.at > *rule.fresh + minutes(1))')]),
    ('a new authenticator counts at once',
     [(WEIGH, 'if (stood(e.enrolled_at, rule.enrolled_for,', 'if (false && stood(e.enrolled_at, rule.enrolled_for,')]),
    ('an address that was changed lately counts',
     [(WEIGH, 'if (stood(e.unchanged_since, rule.unchanged_for,',
       'if (false && stood(e.unchanged_since, rule.unchanged_for,')]),
    ('the mailbox of the account itself counts',
     [(WEIGH, 'if (e.rests_on_account) return object(Objection::rests_on_account);', '')]),
    ('what failed counts',
     [(WEIGH, 'if (e.result != EvidenceResult::passed) return object(Objection::failed);', '')]),
    ('two signals that rest on one thing count twice',
     [(WEIGH, 'if (std::ranges::all_of(candidates.all(), apart)) return candidates.set();',
       'if (std::ranges::any_of(candidates.all(), apart)) return candidates.set();')]),
    ('a policy that was replaced still rules',
     [(ASSESS, 'if (organization.policy->digest() != state.opened.policy)', 'if (false)'),
      (DECIDE, 'if (!org_.policy || org_.policy->digest() != s_.opened.policy)', 'if (!org_.policy)')]),
    ('tries are off by one',
     [(DECIDE, 'if (failed + failed_elsewhere >= org_.policy->limits().tries_per_signal) return',
       'if (failed + failed_elsewhere > org_.policy->limits().tries_per_signal) return')]),
    ('tries in other cases are forgotten', [(ADJUDICATOR, 'given->failed_elsewhere = *failed;', '')]),
    ('cases that wait for the disk are not counted',
     [(ADJUDICATOR, 'const auto under_way = counting[prefix]++;',
       'const auto under_way = 0U * counting[prefix]++;')]),
    ('a code that waits for the disk is good again',
     [(ADJUDICATOR, 'if (found != secrets.end()) return found->second.value;', '(void)found;')]),
    ('the cooldown is forgotten',
     [(ADJUDICATOR, 'if (recovered) *speech->since_recovery', 'if (false) *speech->since_recovery')]),
    ('a code of the app is good twice', [(DESK, 'next.set("last_step", *step);', '')]),
    ('a recovery code stands in the ledger',
     [(DESK, 'concat("code ", found - digests->begin() + 1, ", replaced")', 'std::string(code)')]),
    ('a case expires an hour early',
     [(DECIDE, 'if (now_ < s_.opened.expires_at)\n', 'if (now_ + hours(1) < s_.opened.expires_at)\n')]),
    ('the time of a clock that was set is taken',
     [(CLOCK, '  return watch_.tell(reading);', '  return {watch_.tell(reading).shown(), {}};')]),
    ('the directory is written before the intent',
     [(EXECUTOR, '  SP_CHECK(parts_.recorder.record_intent(id, intent));\n',
       '  (void)target->act(action, intent.marker_from, intent.marker_to, authorization->sealed ? &secret : nullptr);\n'
       '  SP_CHECK(parts_.recorder.record_intent(id, intent));\n')]),
    ('the marker is not compared',
     [(EXECUTOR, 'if (seen->marker == intent.marker_to) {', 'if (seen->marker != intent.marker_from) {'),
      (DECIDE, '(e.outcome == Outcome::done) != (e.marker == s_.intent->marker_to)', 'false')]),
    ('what was not done is not fenced',
     [(EXECUTOR, '(void)directory.fence(intent.account, intent.marker_from, fenced);',
       'out.outcome = Outcome::not_done;\n    out.marker = fenced;\n    return out;')]),
    ('done is said without looking',
     [(EXECUTOR, 'if (out.outcome == Outcome::done && (!seen || seen->marker != intent.marker_to)) {', 'if (false) {'),
      (DECIDE, '(e.outcome == Outcome::done) != (e.marker == s_.intent->marker_to)', 'false')]),
    ('a ledger that lost something acts', [(EXECUTOR, 'if (*token > known) {', 'if (false) {')]),
    ('a second case acts on an account whose outcome is open',
     [(EXECUTOR, 'if (open) return Ruling<IntentRecorded>(busy());', '(void)open;')]),
    ('of two executors both begin on one account',
     [(ADJUDICATOR, 'if (intent.fence_token > last) return Ruling<void>();',
       '(void)last;\n    return Ruling<void>();')]),
    ('an unknown outcome is not done',
     [(EXECUTOR, 'if (written.outcome == WriteOutcome::unknown) return find_out(live, intent, directory);',
       'if (written.outcome == WriteOutcome::unknown) {\n    (void)live;\n    OutcomeRecorded lost;\n'
       '    lost.execution = intent.execution;\n'
       '    lost.outcome = Outcome::not_done;\n    lost.refusal = to_string(Refusal::none);\n    return lost;\n  }')]),
    ('the account may be another one than was approved',
     [(EXECUTOR, 'if (!recognised) return Ruling<IntentRecorded>', 'if (false) return Ruling<IntentRecorded>')]),
    ('an objection does not keep a case from going on',
     [(ASSESS, 'if (state.objections > 0)', 'if (false)'),
      (DECIDE, 'if (!s_.closed && !s_.intent)\n      events', 'if (false)\n      events')]),
]


def problems():
    for name, edits in [*BUGS, ('no assertions', [ASSERTION])]:
        for file, old, _ in edits:
            count = (ROOT / file).read_text().count(old)
            if count != 1:
                yield f'{name}: what it replaces stands {count} times in {file}: {old[:70]!r}'


def missing_lines():
    rows = {line.split(' | ')[0].removeprefix('| ') for line in DOCUMENT.read_text().splitlines() if ' | ' in line}
    yield from (f'{name}: has no line in {DOCUMENT.name}: run it, and --write' for name, _ in BUGS if name not in rows)


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


def play(cases, stories):
    """What found the bug, and after how many cases; None: nothing did."""
    answer = run(['build/test/simulator', '--cases', str(cases), '--json', '--no-shrink'])
    if answer.returncode not in (0, 1):
        return (stopped_by(answer.stderr), None)
    if answer.returncode == 1:
        found = next(line for line in answer.stdout.splitlines() if line.startswith('  invariant '))
        return ('invariant ' + found.split()[1].rstrip(':'), json.loads(answer.stdout.splitlines()[-1])['cases'])
    if stories:
        told = run(['build/test/story_harness_test', '--gtest_brief=1'])
        if told.returncode != 0:
            return ('a story', None)
    return None


def stopped_by(stderr):
    """The program stopped itself: over which invariant, if it says so."""
    said = [line for line in stderr.splitlines() if 'invariant ' in line]
    return 'the program itself: invariant ' + said[-1].split('invariant ')[1].split()[0] if said else 'an assertion'


def plant(edits, options):
    if not options.keep_assertions:
        edits = [*edits, ASSERTION]
    texts = {file: (ROOT / file).read_text() for file, _, _ in edits}
    try:
        for file, old, new in edits:
            path = ROOT / file
            path.write_text(path.read_text().replace(old, new))
        targets = ['simulator'] + (['story_harness_test'] if options.stories else [])
        built = run([*options.build.split(), *targets])
        if built.returncode != 0:
            return ('the compiler', None)
        return play(options.cases, options.stories)
    finally:
        for file, text in texts.items():
            (ROOT / file).write_text(text)


def table(results):
    yield '| planted bug | found by | after cases |'
    yield '| --- | --- | --- |'
    for name, _ in BUGS:
        if name not in results:
            yield f'| {name} | not run | |'
        else:
            found, cases = results[name]
            yield f'| {name} | {found or "**nothing**"} | {"" if cases is None else format(cases, ",")} |'


def write(results, document):
    text = document.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    document.write_text(before + BEGIN + '\n' + '\n'.join(table(results)) + '\n' + END + after)


def kept(file):
    """What an earlier run found: name -> how, and after how many cases."""
    if file is None or not file.exists():
        return {}
    return {name: (found, cases) for name, found, cases in map(json.loads, file.read_text().splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--cases', type=int, default=20000)
    parser.add_argument('--stories', action='store_true')
    parser.add_argument('--assert', action='store_true', dest='keep_assertions')
    parser.add_argument('--results', type=pathlib.Path)
    parser.add_argument('--write', type=pathlib.Path)
    parser.add_argument('--build', default='scripts/build release', help='the command that builds the targets after it')
    options = parser.parse_args()
    results = kept(options.results)
    if options.write:
        write(results, options.write)
        return 0
    wrong = [*problems(), *(missing_lines() if options.check else [])]
    for line in wrong:
        print('planted:', line)
    if options.check and not wrong:
        print(f'{len(BUGS)} bugs can be planted, and stand in the table')
    if wrong or options.check:
        return 1 if wrong else 0
    for name, edits in BUGS:
        if (options.names and name not in options.names) or results.get(name, (None,))[0]:
            continue
        results[name] = plant(edits, options) or (None, options.cases)
        print(name, *results[name], sep=': ', flush=True)
        if options.results:
            with options.results.open('a') as file:
                file.write(json.dumps([name, *results[name]], ensure_ascii=False) + '\n')
    missed = [name for name, (found, _) in results.items() if not found]
    print(f'{len(results) - len(missed)} of {len(results)} found')
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
