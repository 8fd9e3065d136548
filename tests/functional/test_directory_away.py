"""The directory is stopped, or stops answering in the middle of a write: nothing is lost, nothing is done twice.

    /usr/bin/python3 -m pytest tests/functional/test_directory_away.py
"""

import time

import pytest

from framework.site import eventually, new_password
from framework.storm import Reckoning

LOGIN = "zoe.crane"


@pytest.fixture(scope="module")
def site(slapd_site):
    slapd_site.drawer = slapd_site.enrol(LOGIN)
    return slapd_site


@pytest.fixture
def verified(site):
    case = site.open(LOGIN).join()
    case.prove(site.drawer)
    case.password = new_password()
    case.seal(case.password)
    return case


def executions(site, case):
    reckoning = Reckoning(site)
    return [
        (execution, reckoning.outcomes.get(execution, []))
        for execution, (id, _) in reckoning.intents.items()
        if id == case.id
    ]


def test_while_the_directory_is_down_no_case_is_opened_and_the_answer_says_so(site):
    site.directory.stop()
    try:
        answer = site.staff["tom"].post(
            "/v1/cases", {"account": LOGIN, "action": "unlock", "channel": "phone", "ticket": "", "reason": "r"}
        )
        assert answer.status == 503 and answer.code == "unavailable", answer
        assert site.root.post("/v1/enrolments", {"account": LOGIN}).status == 503
        assert site.root.post("/v1/policy/explain", {"account": LOGIN, "action": "unlock"}).status == 503
        site.root.get_ok("/v1/cases")  # what needs no directory goes on
    finally:
        site.directory.start()
    assert site.open(LOGIN).cancel().status == 200


def test_a_case_that_is_permitted_while_the_directory_is_down_acts_when_it_is_back(site, verified):
    site.directory.stop()
    try:
        verified.approve()
        time.sleep(2)  # the executor tries, and finds nobody
        assert verified.show()["phase"] in ("permitted", "executing", "unknown")
    finally:
        site.directory.start()
    closed = verified.wait_closed(within=180)
    assert closed["result"] in ("done", "failed")
    tried = executions(site, verified)
    assert all(outcomes and outcomes[-1]["outcome"] != "unknown" for _, outcomes in tried)
    done = sum(outcomes[-1]["outcome"] == "done" for _, outcomes in tried)
    assert done == (closed["result"] == "done")
    assert site.directory.lets_in(LOGIN, verified.password) == bool(done)


@pytest.mark.parametrize("pause", [0.0, 0.005, 0.02, 0.06])
def test_an_answer_that_is_lost_is_found_out_and_the_effect_is_single(site, pause):
    """slapd stops for longer than the executor waits, at some moment of the execution, and then goes on."""
    case = site.open(LOGIN).join()
    case.prove(site.drawer)
    case.password = new_password()
    case.seal(case.password)
    body = site.approve_body(case.id)
    before = site.directory.marker(LOGIN)
    if not pause:
        site.directory.pause()
    try:
        assert site.staff["ada"].post(f"/v1/cases/{case.id}/approvals", body).status == 200
        time.sleep(pause)
        site.directory.pause()
        # Either it is over already, or it stays open for as long as the directory is silent.
        time.sleep(8)
        assert case.show()["phase"] in ("permitted", "executing", "unknown", "closed")
    finally:
        site.directory.go_on()
    closed = case.wait_closed(within=180)
    tried = executions(site, case)
    final = [outcomes[-1] for _, outcomes in tried]
    assert len(final) == 1 and final[0]["outcome"] != "unknown", tried
    done = final[0]["outcome"] == "done"
    assert (closed["result"] == "done") == done
    marker = site.directory.marker(LOGIN)
    if done or final[0]["reconciled"]:
        assert marker != before and marker == final[0]["marker"]
    else:  # the executor knows that it sent nothing
        assert marker == before and final[0]["refusal"] == "unavailable", final
    assert site.directory.lets_in(LOGIN, case.password) == done
    time.sleep(3)  # a late write would land now
    assert site.directory.marker(LOGIN) == marker
    print(f"paused after {pause} s: {final[0]['outcome']}, reconciled: {final[0]['reconciled']}")


def test_the_executor_is_killed_while_the_directory_is_silent(site):
    case = site.open(LOGIN).join()
    case.prove(site.drawer)
    case.password = new_password()
    case.seal(case.password)
    body = site.approve_body(case.id)
    try:
        assert site.staff["ada"].post(f"/v1/cases/{case.id}/approvals", body).status == 200
        site.directory.pause()
        time.sleep(1)
        site.executor.kill_and_restart()
        site.daemon.kill_and_restart()
        time.sleep(1)
    finally:
        site.directory.go_on()
    site.wait_healthy()
    closed = case.wait_closed(within=180)
    final = [outcomes[-1]["outcome"] for _, outcomes in executions(site, case)]
    assert final.count("done") == (closed["result"] == "done")
    assert site.directory.lets_in(LOGIN, case.password) == ("done" in final)


def test_an_account_that_changed_meanwhile_is_left_alone(site, verified):
    """Two cases were decided about one state of the account: the first to act voids the other."""
    other = site.open(LOGIN).join()
    other.prove(site.drawer)
    other.password = new_password()
    other.seal(other.password)
    other.approve()
    assert other.wait_closed()["result"] == "done"
    verified.approve()  # decided about the account as it was before
    assert verified.wait_closed()["result"] == "failed"
    assert site.directory.lets_in(LOGIN, other.password)
    assert not site.directory.lets_in(LOGIN, verified.password)
    assert site.directory.lets_in(LOGIN, other.password)


def test_after_all_of_this_the_ledger_is_sound(site):
    report = site.verify(site.export("away.sallyport"))
    assert report["sound"], report["findings"]
    eventually(lambda: not site.root.get_ok("/v1/cases")["cases"], "every case ended")
