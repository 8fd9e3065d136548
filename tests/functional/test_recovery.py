"""A recovery from the call to the sign-in, on both directories.

    /usr/bin/python3 -m pytest tests/functional/test_recovery.py
"""

import json
import pathlib

import pytest

from framework import hpke
from framework.site import eventually, new_password, totp

ROOT = pathlib.Path(__file__).resolve().parents[2]
# In each directory: somebody who can sign in, somebody else, somebody who is locked out.
PEOPLE = {"embedded_site": ("maya", "noor", "quinn"), "slapd_site": ("zoe.crane", "kit.penrose", "milo.hart")}


@pytest.fixture(params=list(PEOPLE))
def site(request):
    site = request.getfixturevalue(request.param)
    site.people = PEOPLE[request.param]
    return site


def test_our_own_hpke_opens_what_others_sealed():
    vectors = json.loads((ROOT / "tests/vectors/hpke/pyca-p256-aes-256-gcm.json").read_text())
    private = hpke.derive_key_pair(bytes.fromhex(vectors["ikm_r"]))
    for message in vectors["messages"]:
        v = {key: bytes.fromhex(value) for key, value in message.items()}
        assert hpke.open_sealed(private, v["enc"], v["info"], v["aad"], v["ciphertext"]) == v["plaintext"]


def test_our_own_totp_is_that_of_rfc_6238():
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # appendix B: 12345678901234567890; the last six of its eight digits
    assert [totp(seed, t // 30) for t in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_a_forgotten_password_is_replaced_once(site):
    login = site.people[0]
    old, new = site.directory.passwords[login], new_password()
    assert site.directory.lets_in(login, old)
    drawer = site.enrol(login)
    case = site.open(login).join()
    assert case.view()["phase"] == "verifying"
    case.passes("totp", totp(drawer.seed))
    assert case.view()["phase"] == "verifying"  # one signal is not two
    replacement = case.passes("recovery_code", drawer.codes[0])["replacement"]
    assert replacement not in drawer.codes
    view = case.view()
    assert view["phase"] == "approving" and view["needs_password"]
    case.seal(new)
    assert site.directory.lets_in(login, old)  # nothing happened yet
    case.approve()
    closed = case.wait_closed()
    assert closed["result"] == "done" and closed["outcome"]["outcome"] == "done"
    assert case.view()["result"] == "done" and case.view()["message"] == "done"
    assert site.directory.lets_in(login, new)
    assert not site.directory.lets_in(login, old)
    assert site.directory.lets_in(login, new)
    kinds = [entry["kind"] for entry in case.agent.get_ok(f"/v1/cases/{case.id}/timeline")["entries"]]
    assert kinds.count("intent_recorded") == kinds.count("outcome_recorded") == 1
    again = case.agent.post(f"/v1/cases/{case.id}/execute", {"action": "password_reset"})
    assert again.code == "case_already_acted"


def test_a_locked_account_is_unlocked_and_keeps_its_password(site):
    login = site.people[2]
    password = site.directory.passwords[login]
    assert site.directory.locked(login) and not site.directory.lets_in(login, password)
    case = site.open(login, "unlock").join()
    assert not case.view()["needs_password"]
    case.passes("mail_code", case.mailed_code())
    assert case.wait_closed()["result"] == "done"
    assert not site.directory.locked(login)
    assert site.directory.lets_in(login, password)


def test_a_password_that_the_directory_refuses_is_chosen_anew_in_the_same_case(site):
    login = site.people[1]
    old, new = site.directory.passwords[login], new_password()
    case = site.open(login).join()
    case.prove(site.enrol(login))
    case.seal("short")
    case.approve()

    def refused():
        view = case.view()
        return view["message"] and view

    view = eventually(refused, "the claimant is told")
    assert view["phase"] != "closed"
    assert view["message"].startswith("the directory refused the new password: ")
    assert view["message"].endswith("; choose another")
    assert view["needs_password"]
    assert site.directory.lets_in(login, old)
    case.seal(new)
    closed = case.wait_closed()
    assert closed["result"] == "done", closed
    assert site.directory.lets_in(login, new)
    assert not site.directory.lets_in(login, old)


def test_a_password_of_the_longest_kind_and_of_many_scripts_works(site):
    login = site.people[1]
    drawer = site.enrol(login)
    for new in ("a" * 256, "pässwörd ключ 鍵 🔑 with spaces"):
        case = site.open(login).join()
        case.prove(drawer)
        case.seal(new)
        case.approve()
        assert case.wait_closed()["result"] == "done"
        assert site.directory.lets_in(login, new)


def test_the_whole_of_it_is_sound_to_an_auditor(site):
    report = site.verify(site.export())
    assert report["sound"], report["findings"]
    assert report["executed"] >= 5
