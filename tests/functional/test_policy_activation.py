"""A policy goes live proved, signed by two operators who did not propose it, and never twice."""

import hashlib
import json
import pathlib
import subprocess

import pytest

from framework import passkey
from framework.directories import Embedded
from framework.site import BIN, OPERATORS, POLICY, Site

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "policies"
WEAK = POLICY.replace("[[password]]", "[[security_key]]").replace("unlock: light", "unlock: light\n  mfa_reset: light")
PEOPLE = """organization: alderfinch
people:
  operator: {count: 3, team: operators, operator: true}
  agent:    {count: 1, team: help_desk, agent: true}
  lead:     {count: 1, team: help_desk, agent: true, seats: [desk_lead]}
  hr:       {count: 1, team: people, seats: [desk_lead]}
accounts:
  staff: {count: 5, class: workforce}
"""


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("activation")
    site = Site(folder, Embedded(folder, ["maya"]))
    for name in ("root", *OPERATORS, "rea", "tom"):
        key = site.base / f"{name}.key"
        key.touch(0o600)
        key.write_text(site.passkeys[name].key_file())
        signed_in = site.command("sign-in", "--staff", name, "--key", key, home=name)
        assert signed_in.returncode == 0, signed_in.stderr
    yield site
    site.stop()


def command(site, by, *words, status=0):
    ran = site.command(*words, home=by)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stdout if status == 0 else ran.stderr


def policy_file(site, text, name="draft.yaml"):
    path = site.base / name
    path.write_text(text)
    return path


def in_force(site):
    return site.root.get_ok("/v1/policy")["digest"]


def propose(site, text, by="root", status=200, organization=None):
    proposed = {"policy": text} if organization is None else {"policy": text, "organization": organization}
    return site.staff[by].post_ok("/v1/changes/statement", {"propose": proposed}, status)


def entries_of(site, kind):
    return [e for e in site.entries() if e["kind"] == kind]


def test_a_policy_is_proposed_and_approved_at_the_terminal(site):
    text = POLICY + "# as people do it\n"
    file = policy_file(site, text)
    out = command(site, "rea", "policy", "propose", file, "--key", site.base / "rea.key")
    assert "is proved and proposed" in out and "change approve" in out
    before = in_force(site)
    listed = json.loads(command(site, "root", "--json", "change", "list"))["changes"]
    (change,) = listed
    number = str(change["number"])
    assert change["by"] == "rea" and change["approvals_needed"] == 2 and change["approved_by"] == []
    assert change["policy"]["digest"] == hashlib.sha256(text.encode()).hexdigest()
    shown = command(site, "root", "change", "show", number)
    assert "every guarantee holds" in shown and "0 ask for less than today" in shown
    first = command(site, "root", "change", "approve", number, "--key", site.base / "root.key", "--yes")
    assert "waits for another operator" in first and in_force(site) == before
    again = command(site, "root", "change", "approve", number, "--key", site.base / "root.key", "--yes", status=3)
    assert "has approved" in again
    last = command(site, "una", "change", "approve", number, "--key", site.base / "una.key", "--yes")
    assert "in effect" in last
    assert in_force(site) == change["policy"]["digest"]
    assert "No change waits" in command(site, "root", "change", "list")


def test_the_ledger_holds_text_certificate_and_signatures(site):
    proposed = entries_of(site, "policy_proposed")[-1]["body"]
    assert set(proposed) == {"text", "organization", "certificate", "signature"}
    certificate, parts = "", []
    for entry in site.entries():
        if entry["kind"] == "proof_part":
            parts.append(entry["body"]["text"])
        elif entry["kind"] == "policy_proposed":
            certificate, parts = "".join(parts), []
    assert hashlib.sha256(certificate.encode()).hexdigest() == proposed["certificate"]
    proof = json.loads(certificate)
    assert proof["policy"] == hashlib.sha256(proposed["text"].encode()).hexdigest()
    number = proposed["signature"]["number"]
    approvals = [e["body"] for e in entries_of(site, "change_approved") if e["body"]["change"] == number]
    assert len({a["signature"]["by"] for a in approvals}) == 2
    assert site.verify(site.export())["sound"]


def test_one_who_proposes_does_not_approve(site):
    answer = site.ask_for({"propose": {"policy": POLICY + "# by root\n"}})
    number = answer["number"]
    assert site.ask_for({"approve": number}, status=403).code == "requester_may_not_approve"
    assert site.ask_for({"approve": number}, status=403, by="ada").code == "role_missing"
    before = in_force(site)
    site.ask_for({"approve": number}, by="una")
    assert site.ask_for({"approve": number}, status=409, by="una").code == "already_approved"
    assert in_force(site) == before
    site.ask_for({"approve": number}, by="uwe")
    assert in_force(site) != before


def test_an_unproved_policy_is_not_taken(site):
    refused = propose(site, WEAK, status=409)
    assert refused.code == "policy_unproved"
    assert "recovery_not_weaker_than_sign_in" in refused["detail"] and "workforce" in refused["detail"]
    assert propose(site, POLICY.split("guarantees:")[0], status=409).code == "policy_unproved"
    people = POLICY.replace("- recovery_not_weaker_than_sign_in: all", "- people_needed: {workforce: 1}")
    assert propose(site, people, status=409).code == "policy_unproved"
    # The server is not asked when it is not proved here.
    file = policy_file(site, WEAK)
    error = command(site, "root", "policy", "propose", file, "--key", site.base / "root.key", status=3)
    assert "is not proved" in error and "policy prove" in error
    assert site.root.get_ok("/v1/changes")["changes"] == []


def test_a_draft_that_names_what_is_not_there_is_not_taken(site):
    assert propose(site, POLICY + "# fits\n", organization=PEOPLE)["statement"]
    slip = POLICY.replace("role: desk_lead", "role: desk_led")
    refused = propose(site, slip, status=400, organization=PEOPLE)
    assert "policy:9:58: no seat `desk_led` in `alderfinch`" in refused["detail"]
    assert refused["next_step"].startswith("did you mean `desk_lead`?")
    people = site.base / "people.yaml"
    people.write_text(PEOPLE)
    file = policy_file(site, slip, "slip.yaml")
    words = ["policy", "propose", file, "--organization", people, "--key", site.base / "root.key"]
    ran = site.command(*words, home="root")
    assert ran.returncode == 2 and f"{file}:9:58: no seat `desk_led`" in ran.stdout + ran.stderr
    twice = propose(site, POLICY.replace("{signals: 1}", "{signals: 1, include: [totp, totp]}"), status=400)
    assert "`include` names `totp` twice" in twice["detail"]


def test_a_signature_for_one_proof_is_none_for_another(site):
    asked = propose(site, POLICY + "# signed\n")
    statement = json.loads(asked["statement"])
    assert set(statement["propose"]) == {"policy", "organization", "certificate"}
    signed = {"number": asked["number"], "assertion": site.passkeys["root"].sign(passkey.CHANGE, asked["statement"])}
    other = {"propose": {"policy": POLICY + "# signed\n", "organization": PEOPLE}}
    assert site.root.post("/v1/changes", {**signed, **other}).code == "signature_invalid"


def test_an_older_policy_does_not_come_back(site):
    assert site.ask_for({"propose": {"policy": POLICY}}, status=409).code == "policy_was_in_force"


def test_it_is_proved_for_the_people_who_are_there(site):
    text = POLICY + "# for these people\n"
    few = PEOPLE.replace("operator: {count: 3", "operator: {count: 2")
    refused = site.ask_for({"propose": {"policy": text, "organization": few}}, status=409)
    assert refused.code == "staff_not_in_proof"
    site.activate(text, PEOPLE)
    with pytest.raises(AssertionError, match="staff_not_in_proof"):
        site.appoint("extra", "people", ["approver"], ["desk_lead"])
    site.activate(text, PEOPLE.replace("hr:       {count: 1", "hr:       {count: 2"))
    site.appoint("extra", "people", ["approver"], ["desk_lead"])


def test_an_appointment_waits_for_another_operator(site):
    site.passkeys["nils"] = site.make_passkey("nils")
    member = {
        "id": "nils",
        "person": "staff-nils",
        "organization": "alderfinch",
        "team": "audit",
        "roles": ["reviewer"],
        "seats": [],
        "ends_at": "2099-01-01T00:00:00.000Z",
        "registration": site.passkeys["nils"].registration(),
    }
    answer = site.ask_for({"enrol": member})
    assert answer["waits_for_approval"] is True
    assert "nils" not in [m["id"] for m in site.root.get_ok("/v1/staff")["staff"]]
    number = str(answer["number"])
    shown = command(site, "una", "change", "show", number)
    assert "appoint nils" in shown and "reviewer" in shown
    command(site, "una", "change", "approve", number, "--key", site.base / "una.key", "--yes")
    assert "nils" in [m["id"] for m in site.root.get_ok("/v1/staff")["staff"]]


def test_the_last_two_operators_stay(site):
    site.change({"remove": "uwe"})
    assert site.ask_for({"remove": "una"}, status=409).code == "operators_too_few"


def test_what_is_proposed_survives_a_restart(site):
    number = site.ask_for({"propose": {"policy": POLICY + "# over night\n"}}, by="tom")["number"]
    site.ask_for({"approve": number}, by="una")
    site.stop_processes()
    site.start()
    for name in ("root", "una"):
        site.sign_in(name)
    (change,) = site.staff["una"].get_ok("/v1/changes")["changes"]
    assert change["approved_by"] == ["una"]
    site.ask_for({"approve": number}, by="root")
    assert site.staff["root"].get_ok("/v1/policy")["text"].endswith("# over night\n")


@pytest.mark.parametrize("name", ["small-company", "regulated-enterprise", "managed-service-provider"])
def test_the_shipped_policies_can_be_proposed(site, name):
    """Proved, certificate and all; whether these people are on the staff is another matter."""
    ran = subprocess.run(
        [BIN / "sallyport", "policy", "prove", EXAMPLES / f"{name}.yaml", "--organization",
         EXAMPLES / f"{name}.organization.yaml", "--certificate", site.base / "certificate.json"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "guarantees hold" in ran.stdout
    asked = propose(
        site, (EXAMPLES / f"{name}.yaml").read_text(), organization=(EXAMPLES / f"{name}.organization.yaml").read_text()
    )
    certificate = (site.base / "certificate.json").read_text().rstrip("\n")
    stated = json.loads(asked["statement"])["propose"]
    assert stated["certificate"] == hashlib.sha256(certificate.encode()).hexdigest()


def test_after_all_of_this_the_ledger_is_sound(site):
    report = site.verify(site.export())
    assert report["sound"], report["findings"]


def test_the_policy_in_force_answers_at_the_terminal_and_its_exit_code_says_how(site):
    asked = ["policy", "explain", "--account"]
    assert "1 independent signals, 0 given" in command(site, "tom", *asked, "maya", "--action", "unlock")
    answer = json.loads(command(site, "tom", "--json", *asked, "maya", "--action", "password_reset"))
    assert (answer["tier"], answer["policy"]) == ("standard", in_force(site))
    refused = command(site, "tom", *asked, "maya", "--action", "mfa_reset", status=1)  # the policy has no such action
    assert "mfa_reset" in refused
    assert "no such account" in command(site, "tom", *asked, "nobody.here", "--action", "unlock", status=2)
    assert "sign-in" in command(site, "stranger", *asked, "maya", "--action", "unlock", status=2)
