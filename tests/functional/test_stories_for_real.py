"""The stories of tests/stories once more: real processes, a real OpenLDAP, over HTTP, at the stories' own times.

    /usr/bin/python3 -m pytest -s tests/functional/test_stories_for_real.py
    ... -k played --story tests/stories/attacks/guessing.scn
"""

import collections
import pathlib

import pytest

from conftest import need_slapd
from framework import story_reader
from framework.directories import Slapd
from framework.story_obstacles import TAKEN, obstacles, policy_of
from framework.story_play import StoryPlay
from framework.story_site import StorySite, needs_a_site_of_its_own

STORIES = pathlib.Path(__file__).resolve().parents[1] / "stories"
PLAYED, NOT_PLAYED, PENDING = 33, 112, 13  # a story that is added is played, or its obstacle is told

CASHIER, MAILED = "unlock-for-the-cashier", "the claimant of case 2 gives mail_code"
COLLUDE, LEA_APPROVES = "agent-and-approver-collude", "  09:04:30 lea approves case 1"
VENDOR, BEFORE_ACT = "vendor-and-a-password", "  09:35 the executor"
BEFORE_UNLOCK, ROSA = "  09:37 the executor", "  09:06:30 the account rosa"
HEARD = "ann hears from the holder of case 1 that it was not them, through callback"
# What is told otherwise than it goes must be found out: story, as it stands, as it is told, line, expected, happened.
LIES = [
    ("a-wrong-code-first", "fails totp", "gives totp -> refused: code_wrong", "gives totp", "refused", "allowed"),
    ("a-wrong-code-first", "09:36 the executor", "09:49 the executor", "09:49", "allowed", "refused, approval_expired"),
    ("a-wrong-code-first", "09:34 the executor", "09:32 the executor", "09:32", "allowed", "refused, approvals_m"),
    ("a-wrong-code-first", "case 1 is done", "case 1 is failed", "case 1 is", "failed", "done"),
    ("a-wrong-code-first", "1 write", "2 writes", "2 writes", "2", "1"),
    ("a-wrong-code-first", ", and the directory refuses", "", "09:35", "allowed", "refused, case_closed"),
    ("guessing", "09:05 the claimant of case 1 fails totp", "", "09:06", "refused, signal_tries_exhausted", "allowed"),
    ("privileged-password-by-codes", " group Privileged", "", "09:04", "refused, identity_not_verified", "allowed"),
    (VENDOR, "vendor_desk, organization vendor", "vendor_desk", "09:35", "refused, approvals_missing", "allowed"),
    (CASHIER, MAILED, f"{MAILED}, unchanged for 29d", "09:37", "allowed", "refused, approvals_missing"),
    (CASHIER, MAILED, f"{MAILED}, changed at an unknown time", "09:37", "allowed", "refused, approvals_missing"),
    (CASHIER, MAILED, f"{MAILED}, from the account's own mailbox", "09:37", "allowed", "refused, approvals_missing"),
    (VENDOR, BEFORE_ACT, f"{LEA_APPROVES}\n{BEFORE_ACT}", "09:35", "refused, approvals_m", "allowed"),
    (COLLUDE, "09:01 lea approves", "09:01 lea denies", "09:01", "refused, identity_not_verified", "allowed"),
    ("guessing", "09:06 the", "day 3 09:06 the", "09:06", "refused, signal_tries_exhausted", "refused, case_closed"),
    ("bribed-agent-browses", "opens 40 cases", "opens 39 cases", "02:50", "refused, refused_by_rule", "allowed"),
    (COLLUDE, "09:01 lea", f"09:00 {HEARD}\n  09:01 lea", "09:01", "refused, identity_no", "refused, case_closed"),
    *(
        (VENDOR, BEFORE_ACT, f"{LEA_APPROVES}, {how}\n{BEFORE_ACT}", how, "allowed", "refused, signature_invalid")
        for how in ("on another page", "by touch alone")
    ),
    ("weaker-policy", "rp-1-weaker", "rp-1-stricter", "09:00 olaf", "refused, policy_unproved", "allowed"),
    ("weaker-policy", "una agrees", "olaf agrees", "09:03 olaf", "allowed", "refused, requester_may_not_approve"),
    ("old-policy-comes-back", "12:06 ute agrees to the proposal", "", "day 2 08:00", "refused, policy_was", "allowed"),
    *(
        (CASHIER, BEFORE_UNLOCK, f"{ROSA} {so}\n{BEFORE_UNLOCK}", "09:37", "allowed", "the outcome is not_done")
        for so in ("becomes admin", "becomes executive", "becomes inactive", "becomes leaver", "gets group Privileged")
    ),
    ("clock-turned-back", "set back by 24m", "set back by 1s", "09:04 the claim", "refused, clock_behind", "allowed"),
    (
        CASHIER,
        BEFORE_UNLOCK,
        f"  09:36:30 the gateway's clock is set on by 31h\n{BEFORE_UNLOCK}",
        "09:37",
        "allowed",
        "refused, clock_not_believed",
    ),
    ("a-wrong-code-first", "1 write", "the ledger is not sound", "the ledger", "not sound", "sound"),
    ("guessing", "alert tries_exhausted", "alert code_replayed", "alert code", "alert code_replayed", "[('tries_exh"),
    ("guessing", "alert tries_exhausted for case 1", "no alert", "no alert", "[]", "[('tries_exhausted', '1')]"),
    ("a-wrong-code-first", "no alert", "alert case_stalled", "alert case", "alert case_stalled", "[]"),
    ("a-wrong-code-first", "opened, evidence", "evidence, opened", "timeline", "the timeline", "opened, joined"),
]
# And what is told otherwise and goes so.
TRUTHS = [
    (COLLUDE, "09:01 lea approves case 1 -> refused: identity_not_verified", "09:01 lea leaves the staff"),
    ("a-wrong-code-first", "09:01 the claimant of case 1 fails totp", "09:01 the claimant of case 1 joins"),
    *(
        (VENDOR, BEFORE_ACT, f"{LEA_APPROVES}, {how} -> refused: signature_invalid\n{BEFORE_ACT}")
        for how in ("shown another statement", "on another page", "by touch alone")
    ),
    (CASHIER, BEFORE_UNLOCK, f"  09:06:30 the account paul becomes admin\n{BEFORE_UNLOCK}"),
    (
        COLLUDE,
        "09:03 the executor carries out case 1 -> refused: approvals_missing\n\nends:\n  case 1 is verifying",
        f"09:03 {HEARD}\n\nends:\n  case 1 is denied",
    ),
    (CASHIER, MAILED, f"{MAILED}, unchanged for 30d"),
    ("authenticator-bound-yesterday", "2d before", "1d before"),
]


@pytest.fixture(scope="module")
def stories(request):
    named = request.config.getoption("--story")
    return [story_reader.read_file(file) for file in named or sorted(STORIES.glob("*/*.scn"))]


def play_all(stories, folder):
    """Surprise or None for each. One site for each policy, and for each story that needs one of its own."""
    surprises, sites = {}, {}
    for number, s in enumerate(stories):
        sites.setdefault((policy_of(s), number if needs_a_site_of_its_own(s) else -1), []).append(s)
    for number, ((policy, _), told) in enumerate(sorted(sites.items(), key=lambda site: site[0])):
        base = folder / f"site-{number}"
        base.mkdir()
        StorySite.slapd_certificates(base / "slapd")
        directory = Slapd(base / "slapd")
        try:
            site = StorySite(base, directory, policy, told)
            try:
                for play in site.plays:
                    surprises[id(play.story)] = play.run()
                site.clock.set_right()
                report = site.verify(site.export())
                assert report["sound"], report["findings"]
            finally:
                site.stop()
        finally:
            directory.stop()
    return [surprises[id(s)] for s in stories]


def test_what_is_said_to_be_taken_is_given():
    assert set(StoryPlay.GIVE) == set(TAKEN)


def test_each_is_played_or_says_why_not(programs, stories, request, tmp_path_factory):
    need_slapd()
    why_not = [obstacles(s) for s in stories]
    playable = [s for s, why in zip(stories, why_not) if not why]
    surprises = play_all(playable, tmp_path_factory.mktemp("stories"))
    for story, why in zip(stories, why_not):
        if why:
            print(f"not played  {story.file.stem}: {'; '.join(why)}")
    reasons = collections.Counter(reason for s, why in zip(stories, why_not) if not s.pending for reason in why)
    for reason, count in reasons.most_common():
        print(f"{count:4} {reason}")
    pending = sum(bool(s.pending) for s in stories)
    counts = (len(playable), len(stories) - len(playable) - pending, pending)
    as_told = surprises.count(None)
    print(f"{as_told} stories as told on a real site, {counts[1]} not played, {pending} pending")
    assert as_told == len(playable), "".join(f"\n{s.file}: {no}" for s, no in zip(playable, surprises) if no)
    if not request.config.getoption("--story"):
        assert counts == (PLAYED, NOT_PLAYED, PENDING)


def test_what_goes_otherwise_than_told_is_found_out(programs, tmp_path_factory):
    need_slapd()
    stories = []
    for name, old, new, *_ in LIES + TRUTHS:
        file = next(STORIES.glob(f"*/{name}.scn"))
        text = file.read_text()
        assert old in text
        stories.append(story_reader.read(text.replace(old, new, 1).encode()))
        stories[-1].file = file
        assert not obstacles(stories[-1])
    surprises = play_all(stories, tmp_path_factory.mktemp("lies"))
    assert surprises[len(LIES) :] == [None] * len(TRUTHS)
    for lie, surprise in zip(LIES, surprises):
        *_, line, expected, happened = lie
        assert surprise and line in surprise.text, (lie, surprise)
        assert surprise.expected.startswith(expected) and surprise.happened.startswith(happened), (lie, surprise)
