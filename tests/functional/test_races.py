"""The same thing asked many times at once: it happens once.

    /usr/bin/python3 -m pytest tests/functional/test_races.py
"""

import threading
import time

import pytest

from framework import passkey
from framework.directories import Embedded
from framework.site import POLICY, Site, new_password, totp
from framework.storm import Reckoning

CROWD = 12


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("races")
    site = Site(folder, Embedded(folder, ["maya", "noor", "olga", "pavel", "quinn"]), POLICY)
    site.drawer = site.enrol("maya")
    yield site
    site.stop()


def all_at_once(calls):
    """The answers of calls that start together."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(n):
        gate.wait()
        answers[n] = calls[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in answers
    return answers


def test_one_browser_joins_a_case(site):
    case = site.open("maya")
    answers = all_at_once([lambda: site.nobody().post("/claimant/v1/join", {"code": case.join_code})] * CROWD)
    assert [a.status for a in answers].count(201) == 1, answers
    case.cancel()


def test_one_of_many_takes_a_totp_code_in_one_case_or_in_many(site):
    cases = [site.open("maya").join() for _ in range(4)]
    code = totp(site.drawer.seed)
    answers = all_at_once([lambda case=case: case.give("totp", code) for case in cases] * 3)
    passed = [a for a in answers if a.status == 200 and a["result"] == "passed"]
    assert len(passed) == 1, answers
    assert {a.status for a in answers} <= {200, 403, 409}
    for case in cases:
        case.cancel()


def test_one_of_many_takes_a_recovery_code(site):
    drawer = site.enrol("quinn")  # whose tries are used up by it
    cases = [site.open("quinn").join() for _ in range(4)]
    code = drawer.codes[5]
    answers = all_at_once([lambda case=case: case.give("recovery_code", code) for case in cases] * 2)
    passed = [a for a in answers if a.status == 200 and a["result"] == "passed"]
    assert len(passed) == 1, answers
    for case in cases:
        case.cancel()


def test_no_crowd_has_more_tries_than_one(site):
    case = site.open("olga").join()
    answers = all_at_once([lambda: case.give("recovery_code", "0000-0000-0000-0000-0000-0000")] * CROWD)
    assert sum(a.status == 200 for a in answers) == 5  # tries_per_signal
    assert {a.code for a in answers if a.status != 200} == {"signal_tries_exhausted"}
    case.cancel()


def test_no_crowd_has_more_tries_in_many_cases(site):
    cases = [site.open("pavel").join() for _ in range(2)]
    wrong = "0000-0000-0000-0000-0000-0000"
    answers = all_at_once([lambda case=case: case.give("recovery_code", wrong) for case in cases] * (CROWD // 2))
    assert 1 <= sum(a.status == 200 for a in answers) <= 5  # one under way in another case counts as if it had failed
    assert {a.code for a in answers if a.status != 200} == {"signal_tries_exhausted"}
    for case in cases:
        case.cancel()


def test_one_of_many_uses_an_invitation(site):
    address = site.directory.mail["olga"]
    before = site.mail.count(address)
    site.root.post_ok("/v1/enrolments", {"account": "olga"}, 202)
    code = site.mail.code(address, before)
    answers = all_at_once([lambda: site.nobody().post("/claimant/v1/enrol", {"code": code})] * CROWD)
    assert [a.status for a in answers].count(201) == 1, answers


def test_many_approvals_and_many_nudges_act_once(site):
    for _ in range(4):
        approve_in_a_crowd(site)


def approve_in_a_crowd(site):
    case = site.open("maya").join()
    case.prove(site.drawer)
    password = new_password()
    case.seal(password)
    body, bodies = site.approve_body(case.id), site.approve_body(case.id, "tess")

    def approve(by, what):
        return lambda: site.staff[by].post(f"/v1/cases/{case.id}/approvals", what)

    def nudge():
        return case.agent.post(f"/v1/cases/{case.id}/execute", {"action": "password_reset"})

    answers = all_at_once([approve("ada", body), approve("tess", bodies), nudge] * 5)
    assert {a.status for a in answers} <= {200, 409, 503}, answers
    closed = case.wait_closed()
    assert closed["result"] == "done", case.agent.get(f"/v1/cases/{case.id}/timeline").text
    time.sleep(1)
    assert site.directory.lets_in("maya", password)
    assert [id for id, _ in Reckoning(site).intents.values()].count(case.id) == 1


def test_two_cases_on_one_account_do_not_both_act(site):
    drawer = site.enrol("noor")
    cases = [site.open("noor").join() for _ in range(3)]
    for case in cases:
        case.prove(drawer)
        case.password = new_password()
        case.seal(case.password)
    before = site.directory.effects("noor")
    bodies = [(case, site.approve_body(case.id)) for case in cases]
    all_at_once([lambda c=c, b=b: site.staff["ada"].post(f"/v1/cases/{c.id}/approvals", b) for c, b in bodies])
    results = [case.wait_closed()["result"] for case in cases]
    assert sorted(results) == ["done", "failed", "failed"]  # all were decided about one state of the account
    assert site.directory.effects("noor") == before + 1
    assert [site.directory.lets_in("noor", c.password) for c in cases] == [r == "done" for r in results]


def test_a_crowd_of_agents_opens_no_more_cases_than_the_policy_allows(site):
    few = POLICY.replace("cases_per_account_24h: 1000", "cases_per_account_24h: 5")  # two there were before
    site.activate(few)
    try:
        body = {"account": "pavel", "action": "unlock", "channel": "phone", "ticket": "", "reason": "r"}
        answers = all_at_once([lambda: site.staff["tom"].post("/v1/cases", body)] * CROWD)
        assert sum(a.status == 201 for a in answers) == 3, answers
        assert {a.code for a in answers if a.status != 201} == {"too_many_cases"}
    finally:
        site.activate(POLICY + "# as before, for the tests that follow\n")


def test_a_policy_change_voids_the_cases_before_it(site):
    case = site.open("maya").join()
    site.activate(POLICY + "# another text\n")
    assert case.give("recovery_code", site.drawer.codes[7]).code == "policy_changed"
    fresh = site.open("maya").join()
    fresh.passes("recovery_code", site.drawer.codes[7])  # it was not used up
    case.cancel(), fresh.cancel()


def test_one_of_two_changes_with_one_number_is_made(site):
    bodies = []
    for n in range(4):
        text = POLICY + f"# {n}\n"
        asked = site.root.post_ok("/v1/changes/statement", {"propose": {"policy": text}})
        bodies.append(
            {
                "propose": {"policy": text},
                "number": asked["number"],
                "assertion": site.passkeys["root"].sign(passkey.CHANGE, asked["statement"]),
            }
        )
    answers = all_at_once([lambda b=b: site.root.post("/v1/changes", b) for b in bodies])
    assert [a.status for a in answers].count(201) == 1, answers
    assert {a.code for a in answers if a.status != 201} == {"organization_moved_on"}


def test_after_all_of_this_the_ledger_is_sound(site):
    report = site.verify(site.export())
    assert report["sound"], report["findings"]
