"""Several cases under one signature, reviews afterwards, suspension, and an alarm that nobody raises."""

import json

import pytest

from framework import passkey
from framework.directories import Embedded
from framework.site import POLICY, STAFF, Site, eventually, new_password

PEOPLE = ["maya", "noor", "olga", "pavel", "quinn", "rosa", "sara"]
LISTED = (
    POLICY.replace(
        "tiers:\n",
        "notices:\n  letter: {rests_on: [address]}\ntiers:\n"
        "  none:     {signals: 0}\n"
        "  alone:    {signals: 1, approvers: [{at_least: 1, role: desk_lead}], review: 24h}\n"
        "  alarmed:  {signals: 1, alarm: independent}\n",
    )
    .replace("role: desk_lead}]}\nclasses", "role: desk_lead}], lists: 3, review: {within: 1s, batch: true}}\nclasses")
    .replace("  password_reset: standard", "  password_reset: standard\n  admin_unlock: alone\n  suspend: none")
    .replace("  admin_unlock: alone", "  admin_unlock: alone\n  mfa_reset: alarmed")
    .replace("tries_per_signal: 5", "approvals_per_approver_1h: 2\n  tries_per_signal: 5")
    .replace(
        "front_door",
        "rules:\n  - {id: unreviewed, when: \"action == 'admin_unlock' && request.overdue_reviews > 0\", deny: no}\n"
        "front_door",
    )
)
MORE_STAFF = (
    *STAFF,
    ("tim", "help_desk", ["agent"], []),
    ("abe", "people", ["approver"], ["desk_lead"]),
    ("amy", "people", ["approver"], ["desk_lead"]),
    ("ruth", "people", ["reviewer", "approver"], ["desk_lead"]),
)


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    site = Site(folder, Embedded(folder, PEOPLE), LISTED, MORE_STAFF)
    site.drawers = {login: site.enrol(login) for login in PEOPLE}
    for name in ("rea", "ruth", "ada", "abe", "amy"):
        key = site.base / f"{name}.key"
        key.touch(0o600)
        key.write_text(site.passkeys[name].key_file())
        assert site.command("sign-in", "--staff", name, "--key", key, home=name).returncode == 0
    yield site
    site.stop()


def proven(site, login):
    case = site.open(login).join()
    case.prove(site.drawers[login])
    return case


def sealed(case):
    case.seal(new_password())
    return case


def listed(site, cases, by):
    ids = [case.id for case in cases]
    statements = [site.staff[by].get_ok(f"/v1/cases/{i}/statement")["statement"] for i in ids]
    return ids, site.passkeys[by].sign(passkey.APPROVALS, passkey.list_statement(statements))


def approve_list(site, cases, by):
    ids, assertion = listed(site, cases, by)
    return site.staff[by].post("/v1/approvals", {"cases": ids, "assertion": assertion})


def review(site, cases, by, verdict="proper", sign_as=None):
    body = {"cases": [case.id for case in cases], "verdict": verdict, "ticket": "SEC-1"}
    asked = site.staff[by].post("/v1/reviews/statements", body)
    if asked.status != 200:
        return asked
    statements = [s["statement"] for s in asked["statements"]]
    key = site.passkeys[by]
    if len(cases) == 1:
        signed = key.sign(passkey.REVIEW, statements[0])
    else:
        signed = key.sign(passkey.REVIEWS, passkey.list_statement(statements))
    return site.staff[by].post("/v1/reviews", body | {"assertion": sign_as or signed})


def test_one_signature_carries_three_cases_and_not_four(site):
    cases = [sealed(proven(site, login)) for login in ("maya", "noor", "olga", "pavel")]
    too_many = approve_list(site, cases, "ada")
    assert (too_many.status, too_many.code) == (403, "list_not_allowed")
    assert all(case.show()["approvals"] == [] for case in cases)  # for none of them
    three = cases[:3]
    ids, assertion = listed(site, three, "ada")
    # The list is these three in this order, and no part of it.
    for others in ([three[1].id, three[0].id, three[2].id], ids[:2], [*ids[:2], cases[3].id]):
        other = site.staff["ada"].post("/v1/approvals", {"cases": others, "assertion": assertion})
        assert (other.status, other.code) == (403, "signature_invalid"), others
    assert site.staff["ada"].post("/v1/approvals", {"cases": [ids[0]] * 2, "assertion": assertion}).status == 400
    assert site.staff["ada"].post("/v1/approvals", {"cases": ids, "assertion": assertion}).status == 200
    assert all(case.wait_closed()["result"] == "done" for case in three)
    approvals = [e["body"] for e in site.entries() if e["kind"] == "approval_recorded"][-3:]
    assert [a["list"]["index"] for a in approvals] == [0, 1, 2]
    assert len({a["list"]["root"] for a in approvals}) == 1 and [a["approvals_1h"] for a in approvals] == [0, 0, 0]
    # One approval of the two that she has an hour: one is left, and no second.
    cases[3].approve("ada")
    fifth = proven(site, "quinn")
    body = site.approve_body(fifth.id, "ada")
    assert site.staff["ada"].post(f"/v1/cases/{fifth.id}/approvals", body).code == "approver_over_budget"
    fifth.cancel()
    assert site.verify(site.export())["sound"]


def test_a_list_is_approved_at_the_terminal(site):
    cases = [sealed(proven(site, login)) for login in ("quinn", "rosa")]
    words = ["approve", *(case.id for case in cases), "--key", site.base / "abe.key", "--yes"]
    ran = site.command(*words, home="abe")
    assert ran.returncode == 0, ran.stderr
    assert "A list of 2 cases" in ran.stdout and all(case.id in ran.stdout for case in cases)
    assert all(case.wait_closed()["result"] == "done" for case in cases)


def test_whoever_had_a_part_does_not_review_and_a_review_is_given_once(site):
    case = sealed(proven(site, "maya"))
    early = review(site, [case], "rea")
    assert early.code == "review_not_open"
    case.approve("ruth")
    case.wait_closed()
    assert review(site, [case], "ruth").code == "reviewer_was_involved"
    other = site.passkeys["rea"].sign(passkey.REVIEW, "{}")
    assert review(site, [case], "rea", sign_as=other).code == "signature_invalid"
    other = site.passkeys["ruth"].sign(passkey.REVIEW, "{}")
    assert review(site, [case], "rea", sign_as=other).code == "credential_unknown"
    assert site.staff["ada"].get("/v1/reviews").status == 403
    waiting = {r["case"]: r for r in site.staff["rea"].get_ok("/v1/reviews")["reviews"]}
    assert waiting[case.id]["yours"] and waiting[case.id]["in_list"]
    ruths = {r["case"]: r for r in site.staff["ruth"].get_ok("/v1/reviews")["reviews"]}
    assert not ruths[case.id]["yours"]
    assert review(site, [case], "rea", "doubtful").status == 200
    shown = case.show()["review"]
    assert (shown["verdict"], shown["by"], shown["overdue"]) == ("doubtful", "rea", False)
    assert review(site, [case], "rea").code == "review_not_open"
    assert case.id not in {r["case"] for r in site.staff["rea"].get_ok("/v1/reviews")["reviews"]}


def test_several_are_reviewed_at_the_terminal_with_one_signature(site):
    eventually(lambda: "OVERDUE" in site.command("review", "list", home="rea").stdout, "due in a second, and overdue")
    ids = [r["case"] for r in site.staff["rea"].get_ok("/v1/reviews")["reviews"] if r["in_list"]]
    assert len(ids) > 1
    words = ["review", "sign", *ids, "--verdict", "proper", "--key", site.base / "rea.key", "--yes"]
    ran = site.command(*words, home="rea")
    assert ran.returncode == 0, ran.stderr
    reviews = [e["body"] for e in site.entries() if e["kind"] == "case_reviewed"][-len(ids) :]
    assert {r["list"]["size"] for r in reviews} == {len(ids)}
    assert not [r for r in site.staff["rea"].get_ok("/v1/reviews")["reviews"] if r["in_list"]]
    report = site.verify(site.export())
    assert report["sound"]


def test_a_holder_is_suspended_on_a_word_and_back_with_any_signal(site):
    password = site.directory.passwords["sara"]
    assert site.directory.lets_in("sara", password)
    case = site.open("sara", "suspend")
    assert case.wait_closed()["result"] == "done"
    assert site.directory.locked("sara") and not site.directory.lets_in("sara", password)
    back = site.open("sara", "unlock").join()
    back.passes("mail_code", back.mailed_code())
    assert back.wait_closed()["result"] == "done"
    assert not site.directory.locked("sara") and site.directory.lets_in("sara", password)
    kinds = [e["kind"] for e in case.agent.get_ok(f"/v1/cases/{case.id}/timeline")["entries"]]
    assert kinds[:3] == ["case_opened", "identity_verified", "action_permitted"]


def test_what_waits_for_an_alarm_waits_for_one_that_nobody_can_raise(site):
    case = site.open("noor", "mfa_reset").join()
    case.passes("mail_code", case.mailed_code())
    asked = case.agent.post(f"/v1/cases/{case.id}/execute", {"action": "mfa_reset"})
    assert asked.code == "alarm_missing"
    (missing,) = case.show()["missing"]
    assert "letter" in missing["what"] and missing["who"] == "gateway"
    case.cancel()


def test_the_ledger_tells_it_all(site):
    file = site.export("end.sallyport")
    assert site.verify(file)["sound"]
    assert site.command("--json", "review", "list", home="rea").returncode == 0
    at_terminal = json.loads(site.command("--json", "review", "list", home="rea").stdout)
    assert at_terminal["reviews"] == site.staff["rea"].get_ok("/v1/reviews")["reviews"]
