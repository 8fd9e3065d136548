"""Controls of rp-1.yaml, each switched off by itself, and the stories that turn red without it.

A control that turns nothing red is a missing story. `python3 tests/stories/controls.py` prints the table of
docs/scenarios.md; tests/functional/test_stories.py holds the table against it and fails on an empty row."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("SALLYPORT_BIN", HERE.parents[1] / "build" / "bin")).resolve()
RP_1 = HERE / "rp-1.yaml"
STORIES = sorted(HERE.glob("attacks/*.scn")) + sorted(HERE.glob("legitimate/*.scn"))

# name, as it stands, switched off
CONTROLS = [
    ("passkeys bound three days before", "enrolled_for: 3d, strength: strong}", "strength: strong}"),
    ("authenticators bound three days before", "fresh: 30m, enrolled_for: 3d}", "fresh: 30m}"),
    ("numbers unchanged for thirty days", ", unchanged_for: 30d}", "}"),
    ("addresses unchanged for thirty days", "unchanged_for: 30d, kind: issued", "kind: issued"),
    ("proofing no older than a year", ", valid_for: 365d", ""),
    ("a callback and an authenticator app share the handset", "rests_on: [number, handset]", "rests_on: [number]"),
    ("two signals for a password", "two:         {signals: 2", "two:         {signals: 1"),
    ("a strong signal for an authenticator", "strong_one:  {signals: 2, strong: 1", "strong_one:  {signals: 2"),
    (
        "an approver for an authenticator",
        "strong_one:  {signals: 2, strong: 1, approvers: [{at_least: 1, role: approver, from: account.organization}],",
        "strong_one:  {signals: 2, strong: 1,",
    ),
    (
        "approvers from the account's organization",
        "strong_one:  {signals: 2, strong: 1, approvers: [{at_least: 1, role: approver, from: account.organization}],",
        "strong_one:  {signals: 2, strong: 1, approvers: [{at_least: 1, role: approver}],",
    ),
    (
        "two approvers for a privileged account",
        "{at_least: 1, role: approver, from: account.organization},\n"
        "                            {at_least: 1, role: approver, outside: help_desk, from: account.organization}],",
        "{at_least: 1, role: approver, from: account.organization}],",
    ),
    ("a day's hold for ways to recover", "hold: {for: 24h}, review: 72h, alarm", "review: 72h, alarm"),
    (
        "a raise for authenticators",
        "(account.admin || account.executive || 'Privileged' in account.groups)\"\n    raise: outside_two",
        "false\"\n    raise: outside_two",
    ),
    (
        "a foreign desk needs a yes from inside",
        "    approvers: [{at_least: 1, role: approver, from: account.organization}]\n",
        "    raise: one\n",
    ),
    ("no foreign desk for tier 0", 'deny: "no foreign desk touches the directory\'s own administrators"', "raise: two"),
    ("the third case of a day is raised", "request.cases_24h >= 2", "request.cases_24h >= 5"),
    ("forty cases an hour by one agent", "agent.cases_1h >= 40", "agent.cases_1h >= 400"),
    ("in a storm no remote way to power", "request.cases_1h >= 500", "request.cases_1h >= 900"),
    ("leavers are refused", 'deny: "the account holder has left"', "raise: two"),
    ("six approvals an hour", "approvals_per_approver_1h: 6", "approvals_per_approver_1h: 60"),
    ("a cooldown after one's own recovery", "cooldown_after_own_recovery: 72h", "cooldown_after_own_recovery: 1h"),
    (
        "passwords of privileged accounts are raised",
        "(account.admin || account.executive || 'Privileged' in account.groups)\"\n    raise: strong_two",
        "false\"\n    raise: strong_two",
    ),
    ("a strong signal for a privileged password", "strong_two:  {signals: 2, strong: 1", "strong_two:  {signals: 2"),
    ("two approvers for a privileged password", "{at_least: 2, role: approver,", "{at_least: 1, role: approver,"),
    (
        "one approver for a privileged account from outside the desk",
        "at_least: 1, role: approver, outside: help_desk, from: account.organization",
        "at_least: 2, role: approver, from: account.organization",
    ),
    ("two signals to unlock a privileged account", "floor: two}", "floor: one}"),
    ("on site for tier 0", "include: [on_site]", "strong: 1"),
    ("four hours' hold for tier 0", "hold: {for: 4h}, review: 24h, alarm", "review: 24h, alarm"),
    (
        "approvers of tier 0 from inside",
        "{at_least: 2, role: tier0_approver, from: account.organization}",
        "{at_least: 2, role: tier0_approver}",
    ),
    ("tier 0 has approvers of its own", "role: tier0_approver", "role: approver"),
    (
        "a second person for an emergency",
        "approvers: [{at_least: 1, role: tier0_approver, from: account.organization}],\n                review",
        "review",
    ),
    ("break-glass for tier 0 alone", 'deny: "break-glass is for tier 0; everybody else has time"', "raise: two"),
    (
        "privacy says yes to a lent mailbox",
        ",\n                            {at_least: 1, role: privacy, from: account.organization}]",
        "]",
    ),
    ("no administrator's mailbox is lent", "deny: \"an administrator's access is lent to nobody\"", "raise: two"),
    ("six cases a day from afar on one account", "request.cases_24h >= 6", "request.cases_24h >= 60"),
    ("the seventh in person", "request.cases_24h >= 6 && request.channel != 'walk_in'", "request.cases_24h >= 6"),
    ("twenty cases a day on one account", "cases_per_account_24h: 20", "cases_per_account_24h: 100"),
    ("a code counts for half an hour", "rests_on: [handset], fresh: 30m", "rests_on: [handset], fresh: 10h"),
    ("a case ends after thirty hours", "case_lifetime: 30h", "case_lifetime: 300h"),
    ("five tries a signal", "tries_per_signal: 5", "tries_per_signal: 10"),
    ("an alarm by a way that gave no proof", "review: 72h, alarm: independent, lists: 50}", "review: 72h, lists: 50}"),
    (
        "cases of privileged accounts are in no list",
        "outside: help_desk, from: account.organization}],\n                hold: {for: 1h, unless: strong}, "
        "review: 72h, alarm: independent}",
        "outside: help_desk, from: account.organization}],\n                hold: {for: 1h, unless: strong}, "
        "review: 72h, alarm: independent, lists: 50}",
    ),
    ("lists of ordinary cases", "alarm: independent, lists: 50}", "alarm: independent}"),
    ("an authenticator is reviewed by itself", "review: 72h, alarm", "review: {within: 72h, batch: true}, alarm"),
    (
        "an overdue review bars the next emergency",
        'deny: "the last emergency was not looked at in time"',
        "raise: none",
    ),
    ("an emergency is looked at within a day", "review: 24h}", "review: 2400h}"),
    ("an emergency ends after an hour", "lasts: 60m", "lasts: 600m"),
    ("a loan ends after a day", "lasts: 24h", "lasts: 240h"),
    ("suspending takes no proof", "suspend: none", "suspend: one"),
    ("a second suspension of the day takes some", "action == 'suspend' && request.cases_24h >= 1", "false"),
    ("a verification lapses after a quarter of an hour", "verified_for: 15m", "verified_for: 10h"),
]


def play(policy, stories=STORIES):
    ran = subprocess.run(
        [BIN / "sallyport", "--json", "story", "play", "--policy", policy, *stories], capture_output=True, text=True
    )
    return ran.returncode, json.loads(ran.stdout) if ran.returncode < 2 else ran.stderr


def red_without(old, new, text):
    """The stories that turn red, or why the policy is not taken at all."""
    assert old in text, f"rp-1.yaml has changed: {old}"
    with tempfile.TemporaryDirectory() as folder:
        policy = pathlib.Path(folder) / "rp-1.yaml"
        policy.write_text(text.replace(old, new))
        status, said = play(policy)
    if status >= 2:
        return [f"(refused: {'not proved' if 'not proved' in said else said.splitlines()[0]})"]
    return [pathlib.Path(d["file"]).stem for d in said if d.get("as_told") is False]


def table():
    text = RP_1.read_text()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        reds = pool.map(lambda control: red_without(control[1], control[2], text), CONTROLS)
        return [(control[0], red) for control, red in zip(CONTROLS, reds)]


if __name__ == "__main__":
    print("| control of rp-1 | stories that turn red without it |\n| --- | --- |")
    for name, red in table():
        print(f"| {name} | {', '.join(red) or 'NONE'} |")
