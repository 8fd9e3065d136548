"""Somebody sets the clock of a real site: what waits, what still works, and how it is believed again.

    /usr/bin/python3 -m pytest tests/functional/test_clock.py
"""

import datetime
import subprocess
import time

import pytest

from conftest import need_slapd
from framework.directories import Slapd
from framework.executor_door import RecorderDoor
from framework.site import POLICY, eventually, new_password
from framework.story_site import StorySite

LOGIN, OTHER = "yara.mason", "yan.field"
DAY, SECOND = datetime.timedelta(days=1), datetime.timedelta(seconds=1)
FIRST_DAY = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    need_slapd()
    folder = tmp_path_factory.mktemp("clock")
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    StorySite.slapd_certificates(folder / "slapd")
    directory = Slapd(folder / "slapd")
    try:
        site = StorySite(folder, directory, policy, [])
        try:
            site.clock.set(FIRST_DAY)
            for login in (LOGIN, OTHER):
                directory.add_person(
                    login, new_password(), mail=f"{login}@post.example", employeeNumber=login, employeeType="employee"
                )
                site.bind(login)
            site.operators_come_in()
            site.appoint("tom", "help_desk", ["agent"], [])
            site.appoint("ada", "people", ["approver"], ["desk_lead"])
            yield site
            site.clock.set_right()
            report = site.verify(site.export())
            assert report["sound"], report["findings"]
        finally:
            site.stop()
    finally:
        directory.stop()


@pytest.fixture(autouse=True)
def rightly_again(site):
    site.clock.set(site.now() + 5 * datetime.timedelta(hours=1))  # nobody's session goes on
    looks()
    for name in ("tom", "ada", site.chief):
        site.sign_in(name)
    site.root = site.staff[site.chief]
    yield
    site.clock.set_right()
    looks()


def looks():
    """Both processes look at their clocks at least twice a second."""
    time.sleep(1.2)


def verified(site, login=LOGIN):
    case = site.open(login).join()
    case.prove(site.drawers[login])
    case.password = new_password()
    case.seal(case.password)
    return case


def approvals(site, case):
    return site.staff["ada"].post(f"/v1/cases/{case.id}/approvals", site.approve_body(case.id))


def refused(answer):
    assert answer.status == 503 and answer.code == "clock_not_believed", answer
    return answer


def carried_out(site, case):
    return site.door.execute(case.id)


def answer_of_executor(site, case):
    """Nothing: it is not there yet."""
    try:
        return carried_out(site, case)
    except OSError:
        return None


def opening(login):
    return {"account": login, "action": "unlock", "channel": "phone", "ticket": "", "reason": "r"}


def rfc3339(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def restart(process, *more):
    process.stop()
    words = process.words
    process.words = [*words, *more]
    process.start()
    process.words = words


def test_what_would_give_power_waits_until_the_clock_is_set_right(site):
    case, waiting = verified(site), site.open(OTHER)
    site.clock.step(DAY)
    told = refused(approvals(site, case))
    assert "set the clock on by 1d" in told["detail"]
    assert "--clock-is" in told["next_step"]
    refused(site.staff["tom"].post("/v1/cases", opening(OTHER)))
    refused(site.nobody().post("/claimant/v1/join", {"code": waiting.join_code}))
    assert waiting.cancel().status == 200
    enrolment = site.root.post("/v1/enrolments", {"account": OTHER})
    refused(enrolment)
    site.clock.set_right()
    file = site.export()
    raised = [a for a in site.alerts(file) if a["case"] == case.id]
    assert [a["alert"] for a in raised] == ["clock_jump"] and raised[0]["does_not_mean"]
    assert all(site.entries()[n]["body"]["code"] == "clock_not_believed" for n in raised[0]["entries"])
    another = site.vkey.replace("+", "+0", 1)
    unbelieved = site.command("audit", "alerts", file, "--key", another)
    assert unbelieved.returncode != 0 and "clock_jump" not in unbelieved.stdout
    assert approvals(site, case).status == 200
    assert carried_out(site, case)["answer"] == {"outcome": "done"}
    assert site.directory.lets_in(LOGIN, case.password)


def test_whoever_wants_to_stop_something_signs_in_and_stops_it(site):
    first, second = verified(site), verified(site, OTHER)
    site.clock.step(DAY)
    site.sign_in("tom")
    assert first.show()["phase"] == "approving"
    assert first.cancel().status == 200
    heard = site.staff["tom"].post(f"/v1/cases/{second.id}/objection", {"through": "callback"})
    assert heard.status == 200, heard
    site.clock.set_right()
    # At the time that it was, not at the one that somebody made up.
    for case in (first, second):
        closed = [e for e in site.entries() if e["stream"] == f"case/{case.id}"][-1]
        assert closed["kind"] == "case_closed" and closed["at"] < rfc3339(site.now() + SECOND)
    assert site.open(LOGIN).cancel().status == 200


@pytest.mark.parametrize("way", [1, -1])
def test_five_seconds_are_believed_and_one_more_is_not(site, way):
    case = verified(site)
    site.clock.set(site.now() + 60 * SECOND)  # the ledger is not ahead when it is set back
    looks()
    site.clock.step(5 * way * SECOND)
    opened = site.open(OTHER)
    assert opened.cancel().status == 200
    site.clock.step(way * SECOND)
    refused(approvals(site, case))
    site.clock.set_right()
    site.clock.set(site.now() + 10 * SECOND)  # what was believed at five seconds stands in the ledger
    looks()
    assert case.cancel().status == 200


def test_the_outcome_of_a_deed_under_way_is_recorded(site):
    """The clock is set when the directory has written, and the executor is about to say so."""

    def before(request):
        if request["op"] == "record_outcome" and not site.clock.set_by:
            site.clock.step(DAY)
            looks()

    case = verified(site)
    door = RecorderDoor(site.folder, before)
    try:
        restart(site.executor)
        assert approvals(site, case).status == 200
        answer = eventually(lambda: answer_of_executor(site, case), "the executor answers")
        assert answer["answer"] == {"outcome": "done"}, answer
        refused(site.staff["tom"].post("/v1/cases", opening(OTHER)))
        entries = [e for e in site.entries() if e["stream"] == f"case/{case.id}"]
        assert [e["kind"] for e in entries[-3:]] == ["intent_recorded", "outcome_recorded", "case_closed"]
        assert entries[-1]["at"] < rfc3339(site.now() - DAY + datetime.timedelta(minutes=1))
        assert site.directory.lets_in(LOGIN, case.password)
    finally:
        door.stop()
        restart(site.executor)


def test_a_restart_does_not_make_it_believed_and_a_person_who_looked_does(site):
    case = verified(site)
    assert approvals(site, case).status == 200
    site.clock.step(DAY)
    looks()
    restart(site.daemon)
    site.wait_healthy()
    refused(site.staff["tom"].post("/v1/cases", opening(OTHER)))
    assert "the clock is not believed" in site.daemon.logged()

    site.daemon.stop()
    wrong = (site.now() - DAY).strftime("%Y-%m-%dT%H:%MZ")
    for said, complaint in ((wrong, "--clock-is says"), ("noon", "is no time")):
        ran = subprocess.run(
            [*site.daemon.words, "--clock-is", said], capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 6 and complaint in ran.stderr, ran
    now = site.now().strftime("%Y-%m-%dT%H:%MZ")
    restart(site.daemon, "--clock-is", now)
    site.wait_healthy()
    site.sign_in("tom")
    assert site.open(OTHER).cancel().status == 200

    # The executor believes its own clock, and nobody else's.
    assert carried_out(site, case)["fault"]["what"].startswith("clock_not_believed")
    restart(site.executor)
    again = eventually(lambda: answer_of_executor(site, case), "the executor answers")
    assert again["fault"]["what"].startswith("clock_not_believed"), again
    restart(site.executor, "--clock-is", now)
    again = eventually(lambda: answer_of_executor(site, case), "the executor answers")
    assert "clock_not_believed" not in str(again), again  # a day has gone by: what was permitted is no more
    site.clock.was_right()
    restart(site.executor)  # what was believed is kept
    again = eventually(lambda: answer_of_executor(site, case), "the executor answers")
    assert "clock_not_believed" not in str(again), again
