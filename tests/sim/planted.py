#!/usr/bin/env python3
"""Plants bugs, one after the other, and tells how many simulated cases it takes to find each.

  tests/sim/planted.py --check             does every bug still fit the sources? (a test)
  tests/sim/planted.py [NAME ...]          plant, build, simulate; all of them, or those named
  tests/sim/planted.py --cases 20000 ...   give up on a bug after so many cases (the default)
  tests/sim/planted.py --stories ...       ask the stories in memory as well, where the simulator finds nothing

Sources are changed in place and put back, so it wants a tree without changes of its own. A bug that nothing finds is
a hole in the simulator: it ends with 1.
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

# Name, and edits: file, what stands there once, what stands there instead.
BUGS = [
    ('an approver is counted twice',
     [(DECIDE, 'if (std::ranges::any_of(s_.approvals, same_person))', 'if (false)'),
      (DECIDE, 'const auto same_person = [&]', '[[maybe_unused]] const auto same_person = [&]'),
      (JUDGE, 'std::ranges::none_of(persons, [&](const auto* p) { return p->person == a.person; })', 'true')]),
    ('two accounts of one person are two approvers',
     [(JUDGE, 'std::ranges::none_of(persons, [&](const auto* p) { return p->person == a.person; })', 'true')]),
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
       'if (written.outcome == WriteOutcome::unknown) {\n    OutcomeRecorded lost;\n'
       '    lost.execution = intent.execution;\n'
       '    lost.outcome = Outcome::not_done;\n    lost.refusal = to_string(Refusal::none);\n    return lost;\n  }')]),
    ('the account may be another one than was approved',
     [(EXECUTOR, 'if (!recognised) return Ruling<IntentRecorded>', 'if (false) return Ruling<IntentRecorded>')]),
    ('an objection does not keep a case from going on',
     [(ASSESS, 'if (state.objections > 0)', 'if (false)'),
      (DECIDE, 'if (!s_.closed && !s_.intent)\n      events', 'if (false)\n      events')]),
]


def problems():
    for name, edits in BUGS:
        for file, old, _ in edits:
            count = (ROOT / file).read_text().count(old)
            if count != 1:
                yield f'{name}: what it replaces stands {count} times in {file}: {old[:70]!r}'


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


def play(cases, stories):
    """What found the bug, and after how many cases; None: nothing did."""
    answer = run(['build/test/simulator', '--cases', str(cases), '--json', '--no-shrink'])
    if answer.returncode not in (0, 1):
        return ('simulator: it died', 0)
    if answer.returncode == 1:
        found = next(line for line in answer.stdout.splitlines() if line.startswith('  invariant '))
        return ('invariant ' + found.split()[1].rstrip(':'), json.loads(answer.stdout.splitlines()[-1])['cases'])
    if stories:
        told = run(['build/test/story_harness_test', '--gtest_brief=1'])
        if told.returncode != 0:
            return ('a story', cases)
    return None


def plant(name, edits, options):
    texts = {file: (ROOT / file).read_text() for file, _, _ in edits}
    try:
        for file, old, new in edits:
            path = ROOT / file
            path.write_text(path.read_text().replace(old, new))
        targets = ['simulator'] + (['story_harness_test'] if options.stories else [])
        built = run([*options.build.split(), *targets])
        if built.returncode != 0:
            return ('the compiler', 0)
        return play(options.cases, options.stories)
    finally:
        for file, text in texts.items():
            (ROOT / file).write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--cases', type=int, default=20000)
    parser.add_argument('--stories', action='store_true')
    parser.add_argument('--build', default='scripts/build release', help='the command that builds the targets after it')
    options = parser.parse_args()
    wrong = list(problems())
    for line in wrong:
        print('planted:', line)
    if wrong or options.check:
        print(f'{len(BUGS)} bugs can be planted' if not wrong else 'planted: some do not fit the sources any more')
        return 1 if wrong else 0
    missed = 0
    print('| planted bug | found by | after cases |\n| --- | --- | --- |')
    for name, edits in BUGS:
        if options.names and name not in options.names:
            continue
        found = plant(name, edits, options)
        missed += found is None
        how, cases = found or ('**nothing**', options.cases)
        print(f'| {name} | {how} | {cases} |', flush=True)
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
