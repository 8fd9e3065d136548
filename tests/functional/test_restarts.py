"""What stands after a restart, after a rollback of the ledger, and under `sallyport up`.

    /usr/bin/python3 -m pytest tests/functional/test_restarts.py
"""

import os
import pathlib
import shutil
import signal
import time

import pytest

from framework.client import Unreachable
from framework.directories import Embedded
from framework.processes import Process
from framework.site import BIN, PATIENCE, QUICK_POLICY, Site, eventually, new_password
from framework.storm import Reckoning


@pytest.fixture
def site(programs, tmp_path):
    site = Site(tmp_path, Embedded(tmp_path, ["maya", "noor"]), QUICK_POLICY)
    yield site
    site.stop()


def recover(site, login):
    """Up to, and without, the approval."""
    case = site.open(login).join()
    case.passes("mail_code", case.mailed_code())
    case.password = new_password()
    case.seal(case.password)
    return case


def test_sessions_and_cases_outlive_a_kill_and_ended_sessions_stay_ended(site):
    ended = site.sign_in("ada")
    ended.post_ok("/v1/sign-out", status=204)
    site.sign_in("ada")
    case = recover(site, "maya")
    before = case.show()
    site.daemon.kill_and_restart()
    site.executor.kill_and_restart()
    site.wait_healthy()
    assert case.show() == before
    assert case.view()["phase"] == "approving"
    assert ended.get("/v1/me").code == "token_ended"
    assert site.nobody().post("/claimant/v1/join", {"code": case.join_code}).status in (403, 409)
    case.approve()
    assert case.wait_closed()["result"] == "done"
    assert site.directory.lets_in("maya", case.password)


def test_an_approval_while_the_executor_is_down_acts_when_it_is_back(site):
    case = recover(site, "maya")
    body = site.approve_body(case.id)
    site.executor.kill()
    site.staff["ada"].post_ok(f"/v1/cases/{case.id}/approvals", body)
    time.sleep(1)
    assert case.show()["phase"] == "permitted"
    answer = site.staff["tom"].post(
        "/v1/cases", {"account": "noor", "action": "unlock", "channel": "phone", "ticket": "", "reason": "r"}
    )
    assert answer.status == 503, answer  # nobody can look the account up
    site.executor.start()
    assert case.wait_closed()["result"] == "done"
    assert site.directory.lets_in("maya", case.password)
    assert len(Reckoning(site).intents) == 1


def test_the_executor_does_not_act_on_a_ledger_that_was_rolled_back(site):
    """Somebody restores yesterday's ledger: the account's marker remembers what that ledger does not."""
    first = recover(site, "maya")
    site.stop_processes()
    old = site.base / "yesterday"
    old.mkdir()
    for file in site.folder.glob("ledger.sqlite*"):
        shutil.copy2(file, old)
    site.start()
    first.approve()
    assert first.wait_closed()["result"] == "done"
    site.stop_processes()
    for file in site.folder.glob("ledger.sqlite*"):
        file.unlink()
    for file in old.iterdir():
        shutil.copy2(file, site.folder)
    site.start()

    effects = site.directory.effects("maya")
    second = recover(site, "maya")
    second.approve()
    time.sleep(7)  # longer than the daemon waits before it tells the executor again
    assert second.show()["phase"] == "permitted"
    assert site.directory.effects("maya") == effects
    assert site.directory.lets_in("maya", first.password)
    assert not Reckoning(site).intents
    other = recover(site, "noor")  # an account that the lost history did not touch
    other.approve()
    assert other.wait_closed()["result"] == "done"


def test_the_executor_does_not_serve_another_ledger(site):
    """The first entry is the root of trust: with another one nothing is done."""
    config = site.folder / "sallyport-exec.yaml"
    site.executor.stop()
    config.write_text(config.read_text().replace(site.genesis, "0" * 64))
    site.executor.start()
    # The account can be looked up, for that needs no trust in the ledger; acting does.
    case = eventually(lambda: site.executor.running() and try_to_recover(site), "the executor answers", PATIENCE)
    case.approve()
    time.sleep(3)
    assert case.show()["phase"] == "permitted"
    assert not site.directory.lets_in("maya", case.password)
    assert not Reckoning(site).intents


def try_to_recover(site):
    try:
        return recover(site, "maya")
    except (AssertionError, Unreachable):
        return None


def children_of(pid):
    words = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {pathlib.Path(f"/proc/{child}/comm").read_text().strip(): int(child) for child in words}


def test_up_starts_both_again_when_they_die_and_stops_both(site):
    site.stop_processes()
    up = Process([BIN / "sallyport", "up", site.folder], site.base / "up.log")
    up.start()
    try:

        def both():
            found = children_of(up.child.pid)
            return found if {"sallyportd", "sallyport-exec"} <= set(found) else None

        seen = eventually(both, "both are started")
        for name in ("sallyportd", "sallyport-exec"):
            os.kill(seen[name], signal.SIGKILL)

            def again():
                found = both()
                return found if found and found[name] != seen[name] else None

            seen = eventually(again, f"{name} is started again")
        case = eventually(lambda: try_to_recover(site) if healthy(site) else None, "the site works")
        case.approve()
        assert case.wait_closed()["result"] == "done"
    finally:
        up.stop()
    for pid in seen.values():
        assert not pathlib.Path(f"/proc/{pid}").exists()


def healthy(site):
    try:
        return site.nobody().get("/healthz").status == 200
    except Unreachable:
        return False
