"""Operators go by two, and what was asked for is rejected or withdrawn: at the terminal, over HTTP, in the ledger."""

import json

import pytest

from framework import passkey
from framework.directories import Embedded
from framework.site import OPERATORS, POLICY, Site


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changes")
    site = Site(folder, Embedded(folder, ["maya"]))
    for name in ("root", *OPERATORS, "rea", "tom"):
        give_key(site, name)
    yield site
    site.stop()


def give_key(site, name):
    key = site.base / f"{name}.key"
    key.touch(0o600)
    key.write_text(site.passkeys[name].key_file())
    command(site, name, "sign-in", "--staff", name, "--key", key)


def command(site, by, *words, status=0):
    ran = site.command(*map(str, words), home=by)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stdout if status == 0 else ran.stderr


def staff(site):
    return [m["id"] for m in site.staff["rea"].get_ok("/v1/staff")["staff"]]


def bodies(site, kind):
    return [e["body"] for e in site.entries() if e["kind"] == kind]


def proposal(by):
    return {"propose": {"policy": POLICY + f"# by {by}\n"}}


def test_an_operator_rejects_at_the_terminal_and_all_see_who_and_why(site):
    number = site.ask_for(proposal("tom"), by="tom")["number"]
    site.ask_for({"approve": number}, by="una")
    words = ("change", "reject", number, "--reason", "not before the audit", "--key", site.base / "uwe.key", "--yes")
    out = command(site, "uwe", *words)
    assert "functional tests" in out and "not before the audit" in out and f"Change {number} is rejected" in out
    (rejection,) = bodies(site, "change_rejected")
    assert (rejection["change"], rejection["reason"]) == (number, "not before the audit")
    assert rejection["signature"]["by"] == "uwe"
    listed = command(site, "tom", "change", "list")
    assert "No change waits" in listed and "rejected" in listed and "not before the audit" in listed
    gone = command(site, "tom", "change", "show", number, status=5)
    assert f"change {number} was rejected by `uwe`: `not before the audit`" in gone
    late = site.ask_for({"approve": number}, status=409, by="root")
    assert late.code == "change_not_open" and "rejected by `uwe`" in late["detail"]
    again = site.ask_for({"reject": {"change": number, "reason": "twice"}}, status=409, by="root")
    assert again.code == "change_not_open"
    assert site.ask_for({"withdraw": number}, status=409, by="tom").code == "change_not_open"


def test_json_says_what_was_rejected_and_withdrawn(site):
    number = site.ask_for(proposal("tom"), by="tom")["number"]
    words = ("--json", "change", "reject", number, "--reason", "no", "--key", site.base / "una.key", "--yes")
    answer = json.loads(command(site, "una", *words))
    assert answer["change"] == number and answer["number"] == number + 1 and answer["waits_for_approval"] is False
    number = site.ask_for(proposal("tom"), by="tom")["number"]
    answer = json.loads(command(site, "tom", "--json", "change", "withdraw", number, "--key", site.base / "tom.key"))
    assert answer["change"] == number
    ended = json.loads(command(site, "rea", "--json", "change", "list"))["ended"][-1]
    assert {k: ended[k] for k in ("number", "kind", "about", "by", "end", "ended_by", "reason")} == {
        "number": number, "kind": "policy", "about": "functional tests", "by": "tom", "end": "withdrawn",
        "ended_by": "tom", "reason": "",
    }  # fmt: skip


def test_help_tells_how(site):
    for word in ("reject", "withdraw"):
        told = command(site, "una", "change", word, "--help")
        assert f"sallyport change {word} 12" in told and "--key" in told


def test_who_may_not_approve_may_not_reject(site):
    number = site.ask_for(proposal("root"))["number"]
    no = {"reject": {"change": number, "reason": "no"}}
    assert site.ask_for(no, status=403).code == "requester_may_not_reject"
    assert site.ask_for(no, status=403, by="ada").code == "role_missing"
    words = ("change", "reject", number, "--reason", " ", "--key", site.base / "una.key", "--yes")
    assert "gives no reason" in command(site, "una", *words, status=3)
    # Without --yes and a terminal nothing is signed.
    assert "repeat with --yes" in command(site, "una", *words[:-1], status=3)
    assert site.is_open(number)
    site.ask_for(no, by="una")
    assert not site.is_open(number)


def test_only_whoever_asked_withdraws(site):
    number = site.ask_for(proposal("tom"), by="tom")["number"]
    assert site.ask_for({"withdraw": number}, status=403, by="una").code == "not_your_change"
    refused = command(site, "root", "change", "withdraw", number, "--key", site.base / "root.key", status=3)
    assert "asked for by `tom`" in refused and "change reject" in refused
    assert "is withdrawn" in command(site, "tom", "change", "withdraw", number, "--key", site.base / "tom.key")
    assert bodies(site, "change_withdrawn")[-1]["change"] == number


def test_a_signed_no_is_for_one_change_and_one_reason(site):
    first = site.ask_for(proposal("tom"), by="tom")["number"]
    second = site.ask_for(proposal("rea"), by="rea")["number"]
    no = {"reject": {"change": first, "reason": "no"}}
    asked = site.staff["una"].post_ok("/v1/changes/statement", no, 200)
    stated = json.loads(asked["statement"])["reject"]
    assert set(stated) == {"change", "statement", "reason"}
    signed = {"number": asked["number"], "assertion": site.passkeys["una"].sign(passkey.CHANGE, asked["statement"])}
    for other in (
        {"reject": {"change": second, "reason": "no"}},
        {"reject": {"change": first, "reason": "yes"}},
        {"approve": first},
    ):
        assert site.staff["una"].post("/v1/changes", {**signed, **other}).code == "signature_invalid"
    assert site.staff["una"].post("/v1/changes", {**signed, **no}).status == 201
    site.ask_for({"withdraw": second}, by="rea")


def test_what_is_malformed_is_told(site):
    una = site.staff["una"]
    for change in (
        {"reject": 4},
        {"reject": {"change": 0, "reason": "x"}},
        {"reject": {"change": 4}},
        {"reject": {"change": 4, "reason": "x", "more": 1}},
        {"withdraw": "4"},
        {"withdraw": -1},
        {"withdraw": 4, "approve": 4},
    ):
        assert una.post("/v1/changes/statement", change).status == 400, change


def test_one_operator_alone_removes_no_operator(site):
    out = command(site, "root", "staff", "remove", "una", "--key", site.base / "root.key")
    assert "once another operator approves it" in out and "una" in staff(site)
    (change,) = site.root.get_ok("/v1/changes")["changes"]
    assert (change["kind"], change["staff"], change["approvals_needed"]) == ("removal", "una", 1)
    number = change["number"]
    assert bodies(site, "removal_proposed")[-1]["staff"] == "una" and not bodies(site, "staff_removed")
    # The one to go has no say in it.
    for change in ({"approve": number}, {"reject": {"change": number, "reason": "I stay"}}):
        assert site.ask_for(change, status=403, by="una").code == "subject_may_not_decide"
    assert site.ask_for({"withdraw": number}, status=403, by="una").code == "not_your_change"
    assert site.ask_for({"approve": number}, status=403).code == "requester_may_not_approve"
    assert "remove una, an operator" in command(site, "uwe", "change", "show", number)
    command(site, "uwe", "change", "reject", number, "--reason", "we need her", "--key", site.base / "uwe.key", "--yes")
    assert "una" in staff(site)


def test_anybody_else_is_removed_by_one_at_once(site):
    assert site.ask_for({"remove": "ada"})["waits_for_approval"] is False
    assert "ada" not in staff(site)


def test_an_agent_resigns_and_removes_nobody_else(site):
    assert site.ask_for({"remove": "tess"}, status=403, by="tom").code == "role_missing"
    command(site, "tom", "staff", "remove", "tom", "--key", site.base / "tom.key")
    assert "tom" not in staff(site)
    assert site.staff["tom"].get("/v1/me").status == 401


def test_two_operators_remove_the_third_who_is_captured(site):
    # uwe, captured, asks for what he can, and says no to the rest.
    uwes = site.ask_for({"remove": "root"}, by="uwe")["number"]
    number = site.ask_for({"remove": "uwe"})["number"]
    removal = {"reject": {"change": number, "reason": "no"}}
    assert site.ask_for(removal, status=403, by="uwe").code == "subject_may_not_decide"
    out = command(site, "una", "change", "approve", number, "--key", site.base / "una.key", "--yes")
    assert "remove uwe, an operator" in out and "in effect" in out
    assert "uwe" not in staff(site) and site.staff["uwe"].get("/v1/me").status == 401
    assert not site.is_open(uwes)
    # Of the last two nobody goes, not even by themselves.
    assert site.ask_for({"remove": "una"}, status=409).code == "operators_too_few"
    assert site.ask_for({"remove": "una"}, status=409, by="una").code == "operators_too_few"


def test_an_operator_resigns_at_once_while_two_stay(site):
    member = {
        "id": "ulla", "person": "staff-ulla", "organization": "alderfinch", "team": "operators",
        "roles": ["operator"], "seats": [], "ends_at": "2099-01-01T00:00:00.000Z",
        "registration": site.make_passkey("ulla").registration(),
    }  # fmt: skip
    site.ask_for({"approve": site.ask_for({"enrol": member})["number"]}, by="una")
    site.sign_in("ulla")
    assert site.ask_for({"remove": "ulla"}, by="ulla")["waits_for_approval"] is False
    assert "ulla" not in staff(site)


def test_the_ends_survive_a_restart_and_the_ledger_is_sound(site):
    before = site.root.get_ok("/v1/changes")["ended"]
    assert "rejected" in [c["end"] for c in before]
    site.stop_processes()
    site.start()
    site.sign_in("root")
    assert site.staff["root"].get_ok("/v1/changes")["ended"] == before
    report = site.verify(site.export())
    assert report["sound"], report["findings"]
