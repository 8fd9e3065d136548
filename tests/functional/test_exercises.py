"""Live exercises on real programs: a pretender who gets through everything changes nothing, nobody can tell the case
from others, and an exercise that is told otherwise than it was is found out.

    /usr/bin/python3 -m pytest tests/functional/test_exercises.py
"""

import copy
import datetime
import json
import subprocess
import time

import pytest

from framework import forged_ledger
from framework.directories import Embedded
from framework.other_time import Clock
from framework.site import BIN, PATIENCE, Site, eventually, new_password

PRETEXT = "a new phone, and a flight within the hour"
LOGINS = ["maya", "noor", "olga", "pavel"]


class TimedSite(Site):
    """Stands at its own time, which a test moves on."""

    sandbox = False

    def __init__(self, folder, directory):
        self.clock = Clock(folder / "clock", datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0))
        super().__init__(folder, directory)

    def words(self, words):
        return self.clock.words(words)

    def now(self):
        return self.clock.now

    def wait(self, **span):
        self.clock.set(self.clock.now + datetime.timedelta(**span))

    def sign_in_again(self):
        for name in list(self.passkeys):
            self.sign_in(name)
        self.root = self.staff["root"]

    def as_operator(self, name, *words, status=0):
        key = self.base / f"{name}.key"
        if not key.exists():
            key.touch(0o600)
            key.write_text(self.passkeys[name].key_file())
        signed_in = self.command("sign-in", "--staff", name, "--key", key, home=f"home-{name}")
        assert signed_in.returncode == 0, signed_in.stderr
        signs = words[:2] in (("drill", "start"), ("drill", "open"))
        ran = self.command("--json", *words, *(("--key", key) if signs else ()), home=f"home-{name}")
        assert ran.returncode == status, ran.stdout + ran.stderr
        return json.loads(ran.stdout) if status == 0 else ran.stderr

    def start_exercise(self, login, *words, by="una", **options):
        """Its number. The clock goes on by a second: what is opened at the moment of the seal is older than it."""
        answer = self.as_operator(
            by, "drill", "start", "--account", login, "--pretext", PRETEXT, *words, **options
        )
        if options.get("status"):
            return answer
        self.wait(seconds=1)
        return answer["number"]

    def won(self, login):
        """A case in which everything was given that is asked for."""
        case = self.open(login).join()
        case.prove(self.drawers[login])
        case.password = new_password()
        case.seal(case.password)
        case.approve()
        return case


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exercises")
    site = TimedSite(folder, Embedded(folder, LOGINS))
    site.drawers = {login: site.enrol(login) for login in LOGINS}
    yield site
    site.stop()


def stays_permitted(site, case, seconds=3):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert case.show()["phase"] == "permitted"
        time.sleep(0.2)
    assert site.directory.effects(case.login) == site.effects_before


def keys_of(json):
    """The shape of an answer: every key, at every depth."""
    if isinstance(json, dict):
        return {key: keys_of(value) for key, value in json.items()}
    return [keys_of(json[0])] if isinstance(json, list) and json else None


@pytest.fixture(scope="module")
def played(site):
    """An ordinary recovery, an exercise that the pretender wins, and what everybody saw meanwhile."""
    ordinary = site.won("olga")
    assert ordinary.wait_closed()["result"] == "done"
    site.wait(seconds=1)
    site.number = site.start_exercise("maya", "--for", "4h", "--team", "help_desk")
    site.effects_before = site.directory.effects("maya")
    site.markers_before = site.directory.history("maya")
    case = site.won("maya")
    stays_permitted(site, case)
    site.seen = {
        name: [
            site.staff[name].get(path)
            for path in (
                f"/v1/cases/{case.id}",
                f"/v1/cases/{case.id}/timeline",
                "/v1/cases?state=all",
                "/v1/changes",
                "/v1/exercises",
                f"/v1/exercises/{site.number}/score",
            )
        ]
        for name in ("tom", "tess", "ada", "rea")
    }
    site.ordinary, site.exercise = ordinary, case
    return site


def test_the_case_looks_as_every_other(played):
    site = played
    pretended, real = (site.staff["tom"].get_ok(f"/v1/cases/{c.id}").json for c in (site.exercise, site.ordinary))
    assert keys_of(pretended) | {"outcome": None} == keys_of(real) | {"outcome": None}

    def kinds(case):
        entries = site.staff["tom"].get_ok(f"/v1/cases/{case.id}/timeline")["entries"]
        return [(e["kind"], keys_of(e["body"])) for e in entries]

    of_it = kinds(site.exercise)
    assert of_it[-1][0] == "action_permitted"
    assert of_it == kinds(site.ordinary)[: len(of_it)]


def test_nobody_but_an_operator_is_told_of_it(played):
    for name, answers in played.seen.items():
        for answer in answers:
            if answer.status in (200, 404):
                assert "exercise" not in json.dumps(answer.json), (name, answer)
        listing, score = answers[-2:]
        assert listing.status == 403 and listing.code == "role_missing", (name, listing)
        if name == "rea":  # may look at those that were opened, and reads the ledger, which says that one is sealed
            assert score.status == 409 and score.code == "exercise_not_sealed", score
        else:
            assert score.status == 403 and score.code == "role_missing", (name, score)
    listed = played.as_operator("uwe", "drill", "exercises")["exercises"]
    assert [(e["number"], e["by"], e["opened_at"]) for e in listed] == [(played.number, "una", None)]
    assert not {"plan", "cases"} & set(listed[0])


def test_its_plan_is_in_no_file_that_can_be_read(played):
    account = played.exercise.show()["account"]["account"]
    for file in played.folder.glob("ledger.sqlite*"):
        assert PRETEXT.encode() not in file.read_bytes(), file
    sealed = [json.dumps(entry) for entry in played.entries() if entry["kind"] == "exercise_sealed"]
    assert len(sealed) == 1 and account not in sealed[0] and PRETEXT not in sealed[0]
    for process in (played.daemon, played.executor):
        logged = process.logged()
        assert PRETEXT not in logged and "exercise" not in logged


def test_a_nudge_a_restart_and_a_rebuild_change_nothing(played):
    site, case = played, played.exercise
    nudged = case.agent.post_ok(f"/v1/cases/{case.id}/execute", {"action": "password_reset"})
    assert nudged["phase"] == "permitted"
    stays_permitted(site, case, 1)
    site.stop_processes()
    rebuilt = subprocess.run(
        site.words([BIN / "sallyport", "rebuild", site.folder]), capture_output=True, text=True, timeout=PATIENCE
    )
    assert rebuilt.returncode == 0, rebuilt.stderr
    site.start()
    stays_permitted(site, case)
    assert site.directory.history("maya") == site.markers_before
    assert not any(e["kind"] == "intent_recorded" and case.id in e["stream"] for e in site.entries())


def test_it_takes_an_operator_to_start_or_open_one(played):
    start = {"start": {"account": "noor", "from": "2030-01-01T00:00:00.000Z", "until": "2030-01-01T01:00:00.000Z"}}
    for name in ("tom", "ada", "rea"):
        assert played.staff[name].post("/v1/exercises/statement", start).code == "role_missing"
        assert played.staff[name].post(f"/v1/exercises/{played.number}/open", {}).code == "role_missing"


def test_what_is_too_long_too_late_or_too_soon_again_is_refused(played):
    assert "at most 1d" in played.start_exercise("noor", "--for", "25h", status=3)
    late = (played.now() + datetime.timedelta(days=31)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert "limit_reached" in played.start_exercise("noor", "--from", late, status=3)
    assert "same account" in played.start_exercise("maya", "--for", "1h", status=3)
    assert "is not an action" in played.staff["una"].post(
        "/v1/exercises/statement",
        {"start": {"account": "noor", "action": "dance", "from": late, "until": late, "pretext": "x"}},
    ).json["detail"]


@pytest.fixture(scope="module")
def opened(played):
    """By another operator than started it."""
    played.wait(minutes=5)
    played.answer = played.as_operator("uwe", "drill", "open", str(played.number))
    return played


def test_opening_it_ends_the_case_and_tells_what_happened(opened):
    answer, case = opened.answer, opened.exercise
    closed = case.wait_closed()
    assert closed["result"] == "exercise" and closed["detail"] == f"exercise {opened.number}"
    assert case.view()["message"] == "this was an exercise, and nothing was changed"
    assert answer["cases"] == [case.id] and answer["opened_by"] == "uwe"
    assert answer["plan"]["pretext"] == PRETEXT and answer["plan"]["team"] == "help_desk"
    score = answer["score"]
    assert score["far"] == "let_through" and not score["flagged"] and "persons" not in score
    teams = {team["team"]: team for team in score["teams"]}
    assert teams["help_desk"]["opened"] == teams["help_desk"]["verified"] == 1
    assert teams["people"]["approved"] == 1
    assert "tom" not in json.dumps(score)
    assert opened.directory.history("maya") == opened.markers_before
    assert opened.directory.lets_in("maya", opened.directory.passwords["maya"])
    assert not opened.directory.lets_in("maya", case.password)


def test_the_score_is_told_again_by_team_and_by_person_when_asked(opened):
    answer = opened.as_operator("una", "drill", "score", str(opened.number))
    assert answer["score"] == opened.answer["score"] | {"cases": answer["score"]["cases"]}
    by_person = opened.as_operator("una", "drill", "score", str(opened.number), "--by-person")["score"]["persons"]
    assert {p["staff"] for p in by_person} == {"tom", "ada"}
    assert opened.staff["rea"].get(f"/v1/exercises/{opened.number}/score").status == 200
    assert opened.staff["tom"].get(f"/v1/exercises/{opened.number}/score").code == "role_missing"


def test_it_is_opened_once(opened):
    assert "exercise_not_sealed" in opened.as_operator("uwe", "drill", "open", str(opened.number), status=3)
    assert "exercise_not_sealed" in opened.as_operator("uwe", "drill", "open", "9999", status=3)


def test_a_case_after_it_was_opened_is_real(opened):
    """Though the window that was planned has not ended."""
    opened.wait(seconds=1)
    case = opened.won("maya")
    assert case.wait_closed()["result"] == "done"
    assert opened.directory.lets_in("maya", case.password)


def test_a_case_one_second_after_the_window_acts(opened):
    site = opened
    site.start_exercise("noor", "--for", "10m")
    site.wait(minutes=10)  # with the second after the seal: one second after the end
    case = site.won("noor")
    assert case.wait_closed()["result"] == "done"
    assert site.directory.lets_in("noor", case.password)


def test_one_that_nobody_opens_opens_by_itself(opened):
    site = opened
    number = site.by_itself = site.start_exercise("pavel", "--for", "1h")
    case = site.open("pavel").join()
    assert case.give("totp", "000000")["result"] == "failed"
    assert case.cancel().status == 200
    site.wait(hours=25)
    site.sign_in_again()

    def of_it():
        found = [e for e in site.staff["una"].get_ok("/v1/exercises")["exercises"] if e["number"] == number]
        return found[0] if found[0]["opened_at"] else None

    told = eventually(of_it, "the exercise opens")
    assert told["opened_by"] is None and told["cases"] == [case.id]
    score = site.staff["rea"].get_ok(f"/v1/exercises/{number}/score")["score"]
    assert score["far"] == "door_one" and score["flagged"]
    assert score["cases"][0]["flagged"]["how"] == "cancelled"
    eventually(
        lambda: all(e["opened_at"] for e in site.staff["una"].get_ok("/v1/exercises")["exercises"]), "all are opened"
    )


# -- audited, and told otherwise than it was ---------------------------------------------------
@pytest.fixture(scope="module")
def history(opened):
    """The entries of everything above, and the first exercise's number and case."""
    opened.report = opened.verify(opened.export())
    return opened.entries()


def forged(site, entries, tmp_path):
    seed = bytes.fromhex((site.folder / "keys" / "ledger.key").read_text().strip())
    origin = entries[0]["body"]["origin"]
    return site.verify(forged_ledger.write(tmp_path / "forged", forged_ledger.renumbered(entries), origin, seed))


def texts(report):
    assert not report["sound"], "nothing was found"
    return "\n".join(finding["text"] for finding in report["findings"])


def of_kind(entries, kind, number):
    return next(e for e in entries if e["kind"] == kind and e["body"].get("exercise") == number)


def test_what_was_opened_audits_sound(opened, history, tmp_path):
    assert opened.report["sound"], opened.report["findings"]
    assert opened.report["exercises"] == 3 and opened.report["warnings"] == []
    assert forged(opened, history, tmp_path)["sound"], "the same entries, written by the test"


def test_another_plan_than_was_sealed_is_convicted(opened, history, tmp_path):
    entries = copy.deepcopy(history)
    of_kind(entries, "exercise_opened", opened.by_itself)["body"]["plan"]["pretext"] = "none of this happened"
    assert "exercise_differs" in texts(forged(opened, entries, tmp_path))
    entries = copy.deepcopy(history)
    of_kind(entries, "exercise_opened", opened.number)["body"]["plan"]["until"] = "2030-01-01T00:00:00.000Z"
    assert "signature_invalid" in texts(forged(opened, entries, tmp_path))  # who opened it signed its commitment, too


def test_a_case_that_was_left_out_is_convicted(opened, history, tmp_path):
    entries = copy.deepcopy(history)
    of_kind(entries, "exercise_opened", opened.number)["body"]["cases"] = []
    found = texts(forged(opened, entries, tmp_path))
    assert f"case {opened.exercise.id} was of exercise {opened.number}, which does not list it" in found
    assert "case_is_no_exercise" in found  # and so it was not an exercise that ended it


def test_an_ordinary_case_called_an_exercise_is_convicted(opened, history, tmp_path):
    entries = copy.deepcopy(history)
    body = of_kind(entries, "exercise_opened", opened.number)["body"]
    body["cases"] = sorted([*body["cases"], opened.ordinary.id])
    assert f"lists case {opened.ordinary.id}, which was none of its own" in texts(forged(opened, entries, tmp_path))


def test_an_act_in_an_exercise_is_convicted(opened, history, tmp_path):
    entries = copy.deepcopy(history)
    stream = f"case/{opened.exercise.id}"
    place, permitted = next(
        (i, e) for i, e in enumerate(entries) if e["stream"] == stream and e["kind"] == "action_permitted"
    )
    account = next(e for e in entries if e["stream"] == stream)["body"]["account"]
    execution = f"{opened.exercise.id}.1"
    ordinary = next(e for e in entries if e["kind"] == "intent_recorded")  # for how its markers are written
    intent = copy.deepcopy(ordinary) | {"stream": stream, "at": permitted["at"]}
    intent["body"] |= {
        "execution": execution,
        "account": account["account"],
        "state_token": account["state_token"],
        "marker_to": ordinary["body"]["marker_to"].replace(ordinary["body"]["execution"], execution),
    }
    entries.insert(place + 1, intent)
    found = texts(forged(opened, entries, tmp_path))
    assert f"case {opened.exercise.id} was of exercise {opened.number} and has acted" in found
