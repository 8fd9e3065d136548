"""What must not be let through is not: routes, roles, bodies, codes, tokens, signatures.

Every refusal that comes back is held against RFC 9457 by framework/client.py.

    /usr/bin/python3 -m pytest tests/functional/test_refusals.py
"""

import json
import pathlib
import re
import subprocess
import time

import pytest

from framework import passkey
from framework.directories import Embedded
from framework.encoding import b64url, from_b64url
from framework.site import BIN, POLICY, Drawer, eventually, new_password, totp

ROOT = pathlib.Path(__file__).resolve().parents[2]
ABSENT = "c-000000000000000000"
ASSERTION = {"credential_id": "AA", "authenticator_data": "AA", "client_data_json": "AA", "signature": "AA"}
ROLES = ("nobody", "agent", "approver", "reviewer", "operator", "claimant")
STAFF_ROLES = {"agent", "approver", "reviewer", "operator"}
ANYONE = set(ROLES)

# Every route of docs/api/http.md: method, pattern, who is admitted, a request that harms nothing.
ROUTES = [
    ("GET", "/healthz", ANYONE, "/healthz", None),
    ("GET", "/v1/ledger/opened", ANYONE, "/v1/ledger/opened", None),
    ("POST", "/v1/sign-in/challenge", ANYONE, "/v1/sign-in/challenge", {"staff": "tom"}),
    ("POST", "/v1/sign-in", ANYONE, "/v1/sign-in", {}),
    ("POST", "/v1/sign-out", STAFF_ROLES, "/v1/sign-out", None),
    ("GET", "/v1/me", STAFF_ROLES, "/v1/me", None),
    ("POST", "/v1/cases", {"agent"}, "/v1/cases", {}),
    ("GET", "/v1/cases", STAFF_ROLES, "/v1/cases?state=all", None),
    ("GET", "/v1/cases/{id}", STAFF_ROLES, f"/v1/cases/{ABSENT}", None),
    ("POST", "/v1/cases/{id}/cancel", {"agent", "operator"}, f"/v1/cases/{ABSENT}/cancel", {"detail": "x"}),
    ("POST", "/v1/cases/{id}/objection", STAFF_ROLES, f"/v1/cases/{ABSENT}/objection", {"through": "phone"}),
    ("POST", "/v1/cases/{id}/execute", {"agent"}, f"/v1/cases/{ABSENT}/execute", {"action": "unlock"}),
    ("GET", "/v1/cases/{id}/statement", {"agent", "approver"}, f"/v1/cases/{ABSENT}/statement", None),
    (
        "POST",
        "/v1/cases/{id}/approvals",
        {"agent", "approver"},
        f"/v1/cases/{ABSENT}/approvals",
        {"assertion": ASSERTION},
    ),
    (
        "POST",
        "/v1/approvals",
        {"agent", "approver"},
        "/v1/approvals",
        {"cases": [ABSENT], "assertion": ASSERTION},
    ),
    ("GET", "/v1/reviews", {"reviewer", "operator"}, "/v1/reviews", None),
    (
        "POST",
        "/v1/reviews/statements",
        {"reviewer"},
        "/v1/reviews/statements",
        {"cases": [ABSENT], "verdict": "proper", "ticket": ""},
    ),
    (
        "POST",
        "/v1/reviews",
        {"reviewer"},
        "/v1/reviews",
        {"cases": [ABSENT], "verdict": "proper", "ticket": "", "assertion": ASSERTION},
    ),
    ("POST", "/v1/cases/{id}/denials", {"approver"}, f"/v1/cases/{ABSENT}/denials", {"detail": "x"}),
    ("GET", "/v1/cases/{id}/timeline", STAFF_ROLES, f"/v1/cases/{ABSENT}/timeline", None),
    ("GET", "/v1/staff", {"reviewer", "operator"}, "/v1/staff", None),
    ("POST", "/v1/changes/statement", STAFF_ROLES, "/v1/changes/statement", {}),
    ("POST", "/v1/changes", STAFF_ROLES, "/v1/changes", {}),
    ("GET", "/v1/changes", STAFF_ROLES, "/v1/changes", None),
    ("GET", "/v1/changes/{number}", STAFF_ROLES, "/v1/changes/0", None),
    ("GET", "/v1/policy", STAFF_ROLES, "/v1/policy", None),
    ("POST", "/v1/policy/explain", STAFF_ROLES, "/v1/policy/explain", {"account": "maya", "action": "unlock"}),
    ("POST", "/v1/enrolments", {"operator"}, "/v1/enrolments", {}),
    ("POST", "/v1/exercises/statement", {"operator"}, "/v1/exercises/statement", {}),
    ("POST", "/v1/exercises", {"operator"}, "/v1/exercises", {}),
    ("GET", "/v1/exercises", {"operator"}, "/v1/exercises", None),
    ("POST", "/v1/exercises/{number}/open", {"operator"}, "/v1/exercises/0/open", {}),
    ("GET", "/v1/exercises/{number}/score", {"reviewer", "operator"}, "/v1/exercises/0/score", None),
    ("GET", "/v1/ledger/checkpoint", {"reviewer", "operator"}, "/v1/ledger/checkpoint", None),
    ("GET", "/v1/ledger/entries", {"reviewer", "operator"}, "/v1/ledger/entries?from=0&count=1", None),
    ("GET", "/v1/ledger/proof", {"reviewer", "operator"}, "/v1/ledger/proof?index=0", None),
    ("GET", "/v1/ledger/consistency", {"reviewer", "operator"}, "/v1/ledger/consistency?from=1", None),
    ("GET", "/log/checkpoint", ANYONE, "/log/checkpoint", None),
    ("GET", "/log/tile/{tile}", ANYONE, "/log/tile/0/x999/999", None),
    ("GET", "/log/tile/entries/{tile}", {"reviewer", "operator"}, "/log/tile/entries/x999/999", None),
    ("POST", "/claimant/v1/join", ANYONE, "/claimant/v1/join", {}),
    ("GET", "/claimant/v1/case", {"claimant"}, "/claimant/v1/case", None),
    (
        "POST",
        "/claimant/v1/signals/mail_code/request",
        {"claimant"},
        "/claimant/v1/signals/mail_code/request",
        {"x": 1},
    ),
    ("POST", "/claimant/v1/signals/{signal}", {"claimant"}, "/claimant/v1/signals/totp", {}),
    ("GET", "/claimant/v1/executor-key", {"claimant"}, "/claimant/v1/executor-key", None),
    ("POST", "/claimant/v1/sealed-secret", {"claimant"}, "/claimant/v1/sealed-secret", {}),
    ("POST", "/claimant/v1/enrol", ANYONE, "/claimant/v1/enrol", {}),
]


@pytest.fixture(scope="module")
def site(embedded_site):
    embedded_site.appoint("omar", "operators", ["operator"], [])
    embedded_site.drawers = {}
    return embedded_site


def drawer_of(site, login):
    if login not in site.drawers:
        site.drawers[login] = site.enrol(login)
    return site.drawers[login]


@pytest.fixture
def verified(site):
    """A case whose claimant is verified and has chosen a password: only the approval is missing."""
    case = site.open("maya").join()
    case.prove(drawer_of(site, "maya"))
    case.seal(new_password())
    yield case
    case.cancel()


# -- routes and roles -------------------------------------------------------------------------


def test_the_table_above_the_documentation_and_the_program_name_the_same_routes():
    here = {(method, re.sub(r"\{.*?\}", "{}", pattern)) for method, pattern, *_ in ROUTES}
    assert len(here) == len(ROUTES)
    documented = {
        (method, re.sub(r"\{.*?\}", "{}", path))
        for method, path in re.findall(
            r"^\| `(GET|POST|PUT|PATCH|DELETE) ([^?` ]+)", (ROOT / "docs/api/http.md").read_text(), re.MULTILINE
        )
    }
    programmed = {
        (method, pattern.replace("{+}", "{}"))
        for method, pattern in re.findall(
            r'^\s*\{"([A-Z]+)", "([^"]+)", ', (ROOT / "src/shell/api/routes.cc").read_text(), re.MULTILINE
        )
    }
    assert documented == here
    assert programmed == here


@pytest.mark.parametrize("role", ROLES)
def test_each_route_admits_those_it_names_and_nobody_else(site, role):
    if role == "claimant":
        case = site.open("noor").join()
        client = case.claimant
    elif role == "nobody":
        client = site.nobody()
    else:
        client = site.sign_in({"agent": "tom", "approver": "ada", "reviewer": "rea", "operator": "omar"}[role])
    wrong = []
    for method, pattern, admitted, path, body in ROUTES:
        if pattern == "/v1/sign-out":
            client, before = (
                site.sign_in({"agent": "tom", "approver": "ada", "reviewer": "rea", "operator": "omar"}[role])
                if role in STAFF_ROLES
                else client
            ), client
            answer = client.post(path)
            client = before
        else:
            answer = client.get(path) if method == "GET" else client.post(path, body)
        refused = answer.status in (401, 403) and answer.json["type"].startswith("urn:sallyport:auth:")
        if refused == (role in admitted):
            wrong.append((method, pattern, answer))
        elif refused:
            expected = (
                "token_missing"
                if role == "nobody"
                else "token_unknown"
                if pattern.startswith("/claimant")
                else "token_ended"
                if role == "claimant"
                else "role_missing"
            )
            if answer.code != expected:
                wrong.append((method, pattern, answer, expected))
    assert not wrong
    for name in ("tom", "ada", "rea"):
        site.sign_in(name)
    if role == "claimant":
        case.agent = site.staff["tom"]
        case.cancel()


def test_an_agent_does_not_see_the_cases_of_another(site):
    site.appoint("tim", "help_desk", ["agent"], [])
    case = site.open("noor")
    tim = site.staff["tim"]
    for path in ("", "/timeline", "/statement"):
        assert tim.get(f"/v1/cases/{case.id}{path}").status == 404
    assert case.id not in [c["case"] for c in tim.get_ok("/v1/cases")["cases"]]
    assert tim.post(f"/v1/cases/{case.id}/cancel", {"detail": "x"}).code == "not_your_case"
    assert tim.post(f"/v1/cases/{case.id}/execute", {"action": "password_reset"}).code == "not_your_case"
    assert case.cancel().status == 200


def key_of(site, name):
    key = site.base / f"{name}.key"
    key.touch(0o600)
    key.write_text(site.passkeys[name].key_file())
    return key


def test_anybody_on_the_staff_passes_on_that_it_was_not_the_holder(site):
    site.appoint("tim", "help_desk", ["agent"], [])
    case = site.open("maya").join()
    case.prove(drawer_of(site, "maya"))  # door one is shut
    tim = site.staff["tim"]
    for body in ({}, {"through": ""}, {"through": "c" * 33}, {"through": "phone", "x": 1}):
        assert tim.post(f"/v1/cases/{case.id}/objection", body).status == 400, body
    answer = tim.post_ok(f"/v1/cases/{case.id}/objection", {"through": "callback"})
    assert answer.json == {"case": case.id, "phase": "closed", "objections": 1}  # and nothing of the case itself
    closed = case.show()
    assert closed["result"] == "denied"
    assert tim.post(f"/v1/cases/{case.id}/objection", {"through": "phone"}).code == "case_closed"
    timeline = site.root.get_ok(f"/v1/cases/{case.id}/timeline")["entries"]
    objection = next(e for e in timeline if e["kind"] == "holder_objected")
    assert objection["body"] == {"through": "callback", "heard_by": "tim"}
    ended = site.command("sign-in", "--staff", "tim", "--key", key_of(site, "tim"))
    assert ended.returncode == 0, ended.stderr
    other = site.open("noor")
    told = site.command("case", "object", other.id, "--through", "phone")
    assert told.returncode == 0, told.stderr
    assert other.show()["result"] == "denied"


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/", 404),
        ("GET", "/v2/cases", 404),
        ("GET", "/v1/cases/", 404),
        ("GET", "/v1/cases/a/b/c", 404),
        ("GET", "/claimant/v1/nothing", 404),
        ("POST", "/healthz", 405),
        ("DELETE", "/v1/cases", 405),
        ("PUT", "/v1/policy", 405),
        ("GET", "/v1/sign-in", 405),
        ("PATCH", f"/v1/cases/{ABSENT}", 405),
        ("GET", "/v1/../healthz", 400),
        ("GET", "/v1/%2e%2e/healthz", 400),
        ("GET", "//healthz", 400),
        ("GET", "/v1/cases?state=all&state=open", 400),
        ("GET", "/v1/cases/%00", 400),
        ("GET", "/" + "a" * 3000, 414),
        ("BREW", "/healthz", 501),
    ],
)
def test_what_is_not_listed_is_refused(site, method, path, status):
    assert site.root.send(method, path).status == status


# -- bodies -----------------------------------------------------------------------------------

OPEN = {"account": "maya", "action": "unlock", "channel": "phone", "ticket": "", "reason": "r"}


def changed(**members):
    body = {**OPEN, **members}
    return json.dumps({key: value for key, value in body.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"account": "maya"}',
        b"{'account': 'maya'}",
        b"\xff\xfe{}",
        b'{"account":"maya","account":"noor"}',
        b'{"a":' * 500,
        b"[" * 10_000,
        b'{"x":1e999}',
        b"{} {}",
        changed(account=7),
        changed(account=None),
        changed(account=["maya"]),
        changed(account=""),
        changed(account="m" * 300),
        changed(action="make_me_admin"),
        changed(action=True),
        changed(reason=...),
        changed(reason=""),
        changed(reason="r" * 501),
        changed(ticket="t" * 65),
        changed(channel="c" * 33),
        changed(also="this"),
        changed(channel={}),
    ],
    ids=lambda data: repr(data[:40]),
)
def test_a_body_that_is_not_as_documented_is_bad_input(site, data):
    answer = site.staff["tom"].send("POST", "/v1/cases", data, {"Content-Type": "application/json"})
    assert answer.status == 400 and answer.code == "invalid", answer


def test_each_route_with_a_body_refuses_members_it_does_not_know(site):
    case = site.open("noor").join()
    clients = {
        "agent": site.staff["tom"],
        "approver": site.staff["ada"],
        "operator": site.root,
        "reviewer": site.staff["rea"],
        "claimant": case.claimant,
    }
    for method, pattern, admitted, path, _ in ROUTES:
        if method != "POST" or pattern == "/v1/sign-out":
            continue
        client = next((clients[role] for role in clients if role in admitted), site.nobody())
        answer = client.post(path.replace(ABSENT, case.id), {"surprise": 1})
        assert answer.status == 400, (pattern, answer)
    case.cancel()


def test_another_media_type_is_refused(site):
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = site.staff["tom"].send("POST", "/v1/cases", changed(), {"Content-Type": kind})
        assert answer.status == 400, answer


def test_a_body_that_is_too_large_is_refused(site):
    answer = site.staff["tom"].send(
        "POST", "/v1/cases", changed(reason="r" * 70_000), {"Content-Type": "application/json"}
    )
    assert answer.status == 413


@pytest.mark.parametrize(
    "path",
    [
        "/v1/ledger/entries",
        "/v1/ledger/entries?from=-1&count=1",
        "/v1/ledger/entries?from=0&count=many",
        "/v1/ledger/entries?from=0x1&count=1",
        "/v1/ledger/entries?from=99999999999999999999&count=1",
        "/v1/ledger/proof?index=",
        "/v1/cases?state=some",
        "/v1/cases?after=..%00",
    ],
)
def test_a_query_that_is_no_number_or_name_is_bad_input(site, path):
    assert site.root.get(path).status == 400


def test_what_is_not_there_is_not_found(site):
    tom, ada = site.staff["tom"], site.staff["ada"]
    assert tom.post("/v1/cases", {**OPEN, "account": "nobody.here"}).status == 404
    assert site.root.post("/v1/enrolments", {"account": "nobody.here"}).status == 404
    for path in ("", "/timeline", "/statement"):
        assert ada.get(f"/v1/cases/{ABSENT}{path}").status == 404
        assert ada.get(f"/v1/cases/NOT_AN_ID{path}").status == 404
    assert ada.post(f"/v1/cases/{ABSENT}/approvals", {"assertion": ASSERTION}).status == 404
    assert ada.post(f"/v1/cases/{ABSENT}/denials", {"detail": "x"}).status == 404
    assert tom.post(f"/v1/cases/{ABSENT}/cancel", {"detail": "x"}).status == 404
    assert tom.post(f"/v1/cases/{ABSENT}/execute", {"action": "unlock"}).status == 404
    assert site.root.get("/v1/ledger/proof?index=1000000").status == 404
    assert site.root.get("/v1/ledger/consistency?from=1000000").status == 404


def test_a_list_comes_in_pages_of_the_size_asked_for(site):
    cases = [site.open("noor") for _ in range(3)]
    seen, after = [], ""
    for _ in range(50):
        page = site.root.get_ok("/v1/cases?state=open&limit=2" + (f"&after={after}" if after else ""))
        assert len(page["cases"]) <= 2
        seen += [case["case"] for case in page["cases"]]
        after = page["next"]
        if not after:
            break
    assert {case.id for case in cases} <= set(seen)
    assert len(seen) == len(set(seen))
    for path in ("limit=0", "limit=-1", "limit=many"):
        assert site.root.get(f"/v1/cases?{path}").status == 400, path
    for case in cases:
        case.cancel()


# -- codes ------------------------------------------------------------------------------------


def test_a_totp_code_is_taken_once(site):
    drawer = drawer_of(site, "olga")
    first, second = site.open("olga").join(), site.open("olga").join()
    step = int(time.time()) // 30
    code = totp(drawer.seed, step)
    first.passes("totp", code)
    for case in (first, second):  # as long as the step is accepted at all, the refusal says why
        answer = case.give("totp", code)
        if int(time.time()) // 30 == step:
            assert answer.status == 403 and answer.code == "code_replayed", answer
        else:
            assert answer.status != 200 or answer["result"] == "failed", answer
    first.cancel(), second.cancel()


def test_a_recovery_code_is_taken_once_and_its_replacement_too(site):
    drawer = drawer_of(site, "olga")
    code = drawer.codes[1]
    first, second = site.open("olga").join(), site.open("olga").join()
    assert first.passes("recovery_code", code)["replacement"] is None  # a thief of one code gets no second one
    assert second.give("recovery_code", code)["result"] == "failed"
    assert second.give("recovery_code", drawer_of(site, "maya").codes[1])["result"] == "failed"  # another's
    replacement = first.passes("mail_code", first.mailed_code())["replacement"]  # door one has shut
    assert second.passes("recovery_code", replacement)["replacement"] is None
    first.cancel(), second.cancel()


def test_a_mailed_code_belongs_to_its_case_and_is_taken_once(site):
    first, second = site.open("olga").join(), site.open("olga").join()
    assert second.give("mail_code", "12345678").code == "signal_not_requested"
    code = first.mailed_code()
    second.mailed_code()
    assert second.give("mail_code", code)["result"] == "failed"
    older, code = code, first.mailed_code()
    if older != code:
        assert first.give("mail_code", older)["result"] == "failed"
    first.passes("mail_code", code)
    assert first.give("mail_code", code).code == "code_replayed"
    first.cancel(), second.cancel()


def test_guessing_ends(site):
    case = site.open("olga").join()
    for left in (4, 3, 2, 1, 0):
        answer = case.give("recovery_code", "0000-0000-0000-0000-0000-0000")
        assert answer["result"] == "failed" and answer["tries_left"] == left
    answer = case.give("recovery_code", drawer_of(site, "olga").codes[2])  # even the right one
    assert answer.status == 429 and answer.code == "signal_tries_exhausted"
    assert case.view()["phase"] == "verifying"
    case.cancel()


def test_guessing_goes_on_in_no_other_case(site):
    drawer = drawer_of(site, "noor")
    first = site.open("noor").join()
    for _ in range(3):
        assert first.give("totp", "000000")["result"] == "failed"
    first.cancel()
    second = site.open("noor").join()
    for left in (1, 0):
        answer = second.give("totp", "000000")
        assert answer["result"] == "failed" and answer["tries_left"] == left
    answer = second.give("totp", totp(drawer.seed))  # even the right one, and 24 hours long
    assert answer.status == 429 and answer.code == "signal_tries_exhausted"
    second.cancel()
    third = site.open("noor").join()
    assert third.give("totp", totp(drawer.seed)).code == "signal_tries_exhausted"
    third.passes("recovery_code", drawer.codes[3])  # another authenticator has tries of its own
    third.cancel()


def test_a_join_code_is_taken_once_and_dies_with_its_case(site):
    nobody = site.nobody()
    case = site.open("noor")
    assert nobody.post("/claimant/v1/join", {"code": "abcd-efgh"}).code == "join_code_wrong"
    case.join()
    assert nobody.post("/claimant/v1/join", {"code": case.join_code}).status in (403, 409)
    case.cancel()
    cancelled = site.open("noor")
    cancelled.cancel()
    assert nobody.post("/claimant/v1/join", {"code": cancelled.join_code}).status in (403, 409)


def test_an_invitation_is_taken_once(site):
    address = site.directory.mail["quinn"]
    before = site.mail.count(address)
    site.root.post_ok("/v1/enrolments", {"account": "quinn"}, 202)
    code = site.mail.code(address, before)
    Drawer(site.nobody().post_ok("/claimant/v1/enrol", {"code": code}, 201).json)
    assert site.nobody().post("/claimant/v1/enrol", {"code": code}).code == "code_wrong"
    assert site.nobody().post("/claimant/v1/enrol", {"code": "a" * 65}).status == 400


def test_the_password_is_sealed_only_after_door_one_and_only_for_its_case(site):
    case = site.open("noor").join()
    body = case.sealed(new_password())
    assert case.claimant.post("/claimant/v1/sealed-secret", body).code == "identity_not_verified"
    case.prove(drawer_of(site, "noor"))
    for wrong in ({"enc": "AA", "ciphertext": "AA"}, {**body, "enc": "!"}, {**body, "ciphertext": b64url(b"x" * 2000)}):
        assert case.claimant.post("/claimant/v1/sealed-secret", wrong).status == 400
    old = site.directory.passwords["noor"]
    # Sealed for another case, it does not open: no effect, and the claimant may choose again.
    case.claimant.post_ok("/claimant/v1/sealed-secret", case.sealed(new_password(), aad=ABSENT), 202)
    case.approve()
    eventually(lambda: case.show()["phase"] == "closed" or case.view()["message"], "the executor refuses it")
    assert case.show()["result"] != "done"
    assert site.directory.lets_in("noor", old)
    case.cancel()


# -- tokens -----------------------------------------------------------------------------------


def test_a_token_ends_with_sign_out(site):
    ada = site.sign_in("ada")
    other = site.sign_in("ada")
    ada.post_ok("/v1/sign-out", status=204)
    answer = ada.get("/v1/me")
    assert answer.status == 401 and answer.code == "token_ended"
    other.get_ok("/v1/me")  # another session of the same person goes on


def test_a_token_ends_when_its_owner_is_removed(site):
    zed = site.appoint("zed", "audit", ["reviewer"], [])
    zed.get_ok("/v1/me")
    site.change({"remove": "zed"})
    assert zed.get("/v1/me").code == "token_ended"
    asked = site.challenge("zed")
    answer = site.nobody().post(
        "/v1/sign-in",
        {
            "staff": "zed",
            "nonce": asked["nonce"],
            "assertion": site.passkeys["zed"].sign(passkey.SIGN_IN, asked["statement"]),
        },
    )
    assert answer.status == 403


@pytest.mark.parametrize("header", ["Bearer x", "bearer x", "Basic dG9tOnRvbQ==", "Bearer ", "Bearer a b", "x"])
def test_a_token_that_nobody_gave_is_refused(site, header):
    assert site.nobody().send("GET", "/v1/me", headers={"Authorization": header}).status == 401


def test_a_sign_in_challenge_is_answered_once_and_by_the_one_it_was_for(site):
    asked = site.challenge("ada")
    sign_in = {
        "staff": "ada",
        "nonce": asked["nonce"],
        "assertion": site.passkeys["ada"].sign(passkey.SIGN_IN, asked["statement"]),
    }
    by_tom = site.passkeys["tom"].sign(passkey.SIGN_IN, asked["statement"])
    post = site.nobody().post
    assert post("/v1/sign-in", {**sign_in, "staff": "tom", "assertion": by_tom}).status == 403
    assert post("/v1/sign-in", sign_in).status == 201
    assert post("/v1/sign-in", sign_in).status == 403
    asked = site.challenge("ada")
    assert post("/v1/sign-in", {"staff": "ada", "nonce": asked["nonce"], "assertion": by_tom}).status == 403


# -- signatures -------------------------------------------------------------------------------


def approve(site, case, body, by="ada"):
    return site.staff[by].post(f"/v1/cases/{case.id}/approvals", body)


def test_whoever_opened_the_case_does_not_approve_it(site):
    case = site.open("maya", by="tess").join()
    case.prove(drawer_of(site, "maya"))
    case.seal(new_password())
    answer = approve(site, case, site.approve_body(case.id, "tess"), "tess")
    assert answer.status == 403 and answer.code == "requester_may_not_approve"
    assert case.show()["approvals"] == []
    case.cancel()


def test_an_agent_who_is_no_approver_is_told_the_rule_and_the_ledger_keeps_the_try(site):
    case = site.open("maya")
    site.appoint("tim", "help_desk", ["agent"], [])
    wanted = {"tom": "requester_may_not_approve", "tim": "role_missing"}
    for name, code in wanted.items():
        made_up = {"assertion": site.passkeys[name].sign(passkey.APPROVAL, "{}")}
        answer = approve(site, case, made_up, name)
        assert answer.status == 403 and answer.json["type"] == f"urn:sallyport:denial:{code}", answer
    entries = site.root.get_ok(f"/v1/cases/{case.id}/timeline")["entries"]
    kept = {e["body"]["by"]: e["body"]["code"] for e in entries if e["kind"] == "refusal_recorded"}
    assert kept == wanted
    case.cancel()


def test_nobody_approves_before_door_one_or_without_a_seat(site):
    case = site.open("maya").join()
    assert site.staff["ada"].get(f"/v1/cases/{case.id}/statement").code == "identity_not_verified"
    made_up = {"assertion": site.passkeys["ada"].sign(passkey.APPROVAL, "{}")}
    assert approve(site, case, made_up).code == "identity_not_verified"
    site.appoint("vic", "people", ["approver"], [])
    case.prove(drawer_of(site, "maya"))
    assert approve(site, case, site.approve_body(case.id, "vic"), "vic").code == "approver_has_no_seat"
    case.cancel()


def test_an_account_holder_does_not_approve_their_own_recovery(site):
    site.appoint("mia", "people", ["approver"], ["desk_lead"], person="2000")  # maya's employee number
    case = site.open("maya").join()
    case.prove(drawer_of(site, "maya"))
    assert approve(site, case, site.approve_body(case.id, "mia"), "mia").code == "holder_may_not_approve"
    case.cancel()


def test_a_signature_over_another_cases_statement_is_refused(site, verified):
    other = site.open("noor").join()
    other.prove(drawer_of(site, "noor"))
    answer = approve(site, verified, site.approve_body(other.id))
    assert answer.status == 403 and answer.code in ("signature_invalid", "statement_differs"), answer
    other.cancel()


def tampered(assertion, member, change):
    data = bytearray(from_b64url(assertion[member]))
    change(data)
    return {"assertion": {**assertion, member: b64url(bytes(data))}}


def test_a_tampered_or_foreign_assertion_is_refused_and_the_true_one_then_works(site, verified):
    statement = site.staff["ada"].get_ok(f"/v1/cases/{verified.id}/statement")["statement"]
    key = site.passkeys["ada"]
    good = key.sign(passkey.APPROVAL, statement)

    def flip(at):
        return lambda data: data.__setitem__(at, data[at] ^ 1)

    attempts = {
        "signature": tampered(good, "signature", flip(-1)),
        "authenticator data": tampered(good, "authenticator_data", flip(0)),
        "client data": tampered(good, "client_data_json", flip(-3)),
        "another credential": tampered(good, "credential_id", flip(0)),
        "longer": tampered(good, "authenticator_data", lambda data: data.append(0)),
        "nobody verified": {"assertion": key.sign(passkey.APPROVAL, statement, flags=passkey.PRESENT)},
        "nobody present": {"assertion": key.sign(passkey.APPROVAL, statement, flags=passkey.VERIFIED)},
        "another origin": {"assertion": key.sign(passkey.APPROVAL, statement, origin="https://localhost.evil.example")},
        "a registration": {"assertion": key.sign(passkey.APPROVAL, statement, kind="webauthn.create")},
        "another domain": {"assertion": key.sign(passkey.SIGN_IN, statement)},
        "another statement": {"assertion": key.sign(passkey.APPROVAL, statement.replace("password_reset", "unlock"))},
        "another's key": {"assertion": site.passkeys["tess"].sign(passkey.APPROVAL, statement)},
    }
    for name, body in attempts.items():
        answer = approve(site, verified, body)
        assert answer.status in (400, 403), (name, answer)
    assert verified.show()["approvals"] == []
    assert approve(site, verified, {"assertion": good}).status == 200
    assert verified.wait_closed()["result"] == "done"
    assert approve(site, verified, {"assertion": good}).status == 409  # and not again


def test_a_policy_with_a_mistake_is_refused_with_line_and_column(site):
    broken = POLICY.replace("unlock: light", "unlock: lihgt")
    answer = site.root.post("/v1/changes/statement", {"propose": {"policy": broken}})
    assert answer.status == 400
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "lihgt" in text)
    assert re.search(rf"\b{line}:11\b", answer["detail"]), answer
    assert site.root.get_ok("/v1/policy")["text"] == POLICY


def test_a_change_is_signed_over_exactly_that_change(site):
    propose = {"propose": {"policy": POLICY + "# another text\n"}}
    asked = site.root.post_ok("/v1/changes/statement", propose)
    signed = {"number": asked["number"], "assertion": site.passkeys["root"].sign(passkey.CHANGE, asked["statement"])}
    post = site.root.post
    assert post("/v1/changes", {**signed, "propose": {"policy": POLICY + "# and more\n"}}).status == 403
    assert post("/v1/changes", {**signed, "remove": "ada"}).status == 403
    assert post("/v1/changes", {**signed, "approve": 1}).status in (403, 409)
    assert post("/v1/changes", {**signed, **propose, "number": asked["number"] + 1}).status in (403, 409)
    for number in (-1, 0):
        assert post("/v1/changes", {**signed, **propose, "number": number}).status in (400, 403, 409)
    by_ada = site.passkeys["ada"].sign(passkey.CHANGE, asked["statement"])
    assert post("/v1/changes", {**signed, **propose, "assertion": by_ada}).status == 403
    assert post("/v1/changes/statement", {**propose, "remove": "ada"}).status == 400
    assert post("/v1/changes/statement", {"policy": POLICY}).status == 400
    assert site.root.get_ok("/v1/changes")["changes"] == []


def test_a_registration_for_somebody_else_is_refused(site):
    member = {
        "id": "eve",
        "person": "staff-eve",
        "organization": "alderfinch",
        "team": "people",
        "roles": ["approver"],
        "seats": [],
        "ends_at": "2099-01-01T00:00:00.000Z",
        "registration": passkey.Passkey("ada", "localhost", site.origin).registration(),
    }
    assert site.root.post("/v1/changes/statement", {"enrol": member}).status == 400
    member["registration"] = passkey.Passkey("eve", "elsewhere.example", site.origin).registration()
    assert site.root.post("/v1/changes/statement", {"enrol": member}).status == 400


def test_production_takes_no_software_passkey(programs, tmp_path):
    directory = Embedded(tmp_path, ["maya"])
    registration = tmp_path / "root.json"
    registration.write_text(json.dumps(passkey.Passkey("root", "localhost", "https://localhost:8443").registration()))
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-keyout",
            tmp_path / "key.pem",
            "-out",
            tmp_path / "cert.pem",
        ],
        check=True,
        capture_output=True,
    )
    ran = subprocess.run(
        [
            BIN / "sallyport",
            "init",
            tmp_path / "site",
            "--environment",
            "production",
            "--tls-certificate",
            tmp_path / "cert.pem",
            "--tls-key",
            tmp_path / "key.pem",
            "--smtp",
            "smtp://127.0.0.1:2525",
            "--mail-from",
            "a@b.example",
            "--root",
            "root",
            "--root-registration",
            registration,
            *directory.init_arguments(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode not in (0, 2), ran
    assert "software passkey" in ran.stderr
    assert not (tmp_path / "site" / "sallyportd.yaml").exists()


def test_a_site_is_not_made_over_another(site):
    ran = subprocess.run(
        [
            BIN / "sallyport",
            "init",
            site.folder,
            "--environment",
            "demo",
            "--smtp",
            "smtp://127.0.0.1:2525",
            "--mail-from",
            "a@b.example",
            "--root",
            "root",
            "--root-registration",
            site.base / "root.registration.json",
            *site.directory.init_arguments(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode not in (0, 2)
    assert "not empty" in ran.stderr


def test_after_all_of_this_the_ledger_is_sound(site):
    report = site.verify(site.export("refusals.sallyport"))
    assert report["sound"], report["findings"]
