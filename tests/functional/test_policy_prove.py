"""`sallyport policy prove FILE`: the shipped policies are proved, and a weakened line is told by its number."""

import json
import pathlib
import re
import subprocess

import pytest

from framework.site import BIN
from framework.weakenings import WEAKENINGS

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "policies"
SHIPPED = ["small-company", "regulated-enterprise", "managed-service-provider"]


@pytest.fixture
def prove(programs):
    def run(*arguments):
        command = [str(BIN / "sallyport"), "policy", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def organization_of(name):
    return ["--organization", str(EXAMPLES / f"{name}.organization.yaml")]


def small_company(tmp_path, old, new):
    text = (EXAMPLES / "small-company.yaml").read_text()
    assert old in text
    file = tmp_path / "weak.yaml"
    file.write_text(text.replace(old, new, 1))
    return str(file)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_policies_are_proved(prove, name):
    status, out, error = prove("prove", str(EXAMPLES / f"{name}.yaml"), *organization_of(name), "--json")
    assert status == 0, out + error
    document = json.loads(out)
    assert document["holds"] and not document["assumed"] and document["repair"] is None
    held = {f["guarantee"] for f in document["findings"]}
    assert held == {"class", "recovery_not_weaker_than_sign_in", "people_needed", "never_alone", "no_lockout"}
    accounts = document["answers"]["accounts"]
    assert {f["account"] for f in document["findings"]} == set(accounts) == set(document["pessimistic"])


def observations(document, name):
    return [o for o in document["observations"] if o["property"] == name]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_people_it_takes_at_each_level_are_those_of_the_model_at_that_ambient_level(prove, tmp_path, name):
    policy = [str(EXAMPLES / f"{name}.yaml"), *organization_of(name)]
    file = tmp_path / "model.json"
    document = json.loads(prove("prove", *policy, "--json", "--model-out", str(file))[1])
    told = {o["about"]: o["data"]["people"] for o in observations(document, "people_by_level")}
    model = json.loads(file.read_text())
    for level in range(5):
        file.write_text(json.dumps({**model, "ambient_level": level}))
        accounts = json.loads(prove("prove", "--model", str(file))[1])["accounts"]
        assert {a: k[level] for a, k in told.items()} == {a: v["collusion"]["k"] for a, v in accounts.items()}
    assert any(None in k for k in told.values()) or name == "regulated-enterprise"


def test_the_people_it_takes_are_a_table(prove):
    _, out, _ = prove("prove", str(EXAMPLES / "small-company.yaml"), *organization_of("small-company"))
    lines = out.splitlines()
    head = lines.index("   0   1   2   3   4")
    assert lines[head - 1].startswith("People beside the holder that it takes")
    assert "   -   4   4   4   0  administrator" in lines[head:]
    assert "   -   2   0   0   0  finance, director, contractor, staff" in lines[head:]


def named_lines(document):
    """Every line of the policy that the stories of what is broken name."""
    lines = set()
    for finding in document["findings"]:
        if finding["standing"] == "holds":
            continue
        lines |= {finding["line"], *finding["lines"]}
        for story in finding["stories"]:
            assert story["takes"] and story["steps"]
            lines |= set(story["lines"])
    return lines


@pytest.mark.parametrize("number", range(len(WEAKENINGS)))
def test_each_weakening_of_a_line_is_told_by_that_line(prove, tmp_path, number):
    name, old, new = WEAKENINGS[number]
    text = (EXAMPLES / f"{name}.yaml").read_text()
    assert old in text, "the policy has changed: change the weakening as well"
    same = next(i for i in range(len(old)) if old[i : i + 1] != new[i : i + 1])
    line = text[: text.index(old) + same].count("\n") + 1
    weak = tmp_path / "weak.yaml"
    weak.write_text(text.replace(old, new, 1))
    status, out, error = prove("prove", str(weak), *organization_of(name), "--json", "--no-repair")
    assert status == 1, f"{new}\n{out[:300]}{error}"
    assert line in named_lines(json.loads(out)), f"line {line}: {new}"


def test_there_are_enough_of_them():
    assert len(WEAKENINGS) >= 25
    assert {name for name, _, _ in WEAKENINGS} == set(SHIPPED)


def test_a_story_tells_what_it_takes_how_and_what_mends_it(prove, tmp_path):
    file = small_company(tmp_path, "mfa_reset: guarded", "mfa_reset: light")
    status, out, _ = prove("prove", file, *organization_of("small-company"))
    assert status == 1
    assert "broken: recovery_not_weaker_than_sign_in for staff" in out
    assert "the mailbox that the holder has on file  (level 1)" in out
    assert "mfa_reset of staff is done: 1 signal" in out
    assert "-   mfa_reset: light" in out and "+   mfa_reset: guarded" in out
    # The repair is a policy that is proved.
    mended = tmp_path / "mended.yaml"
    document = json.loads(prove("prove", file, *organization_of("small-company"), "--json")[1])
    mended.write_text(document["repair"]["text"])
    assert [e["line"] for e in document["repair"]["edits"]] == [53]
    status, out, _ = prove("prove", str(mended), *organization_of("small-company"))
    assert status == 0, out


def test_somebody_who_signs_in_with_what_can_be_phished_is_told_so(prove, tmp_path):
    file = small_company(tmp_path, "tier0:      [[security_key]]", "tier0:      [[password, totp]]")
    status, out, _ = prove("prove", file, *organization_of("small-company"), "--no-repair")
    assert status == 1
    assert "nobody has to help: signing in itself falls to attacks from afar" in out


def test_the_model_that_was_proved_can_be_given_to_another_prover(prove, tmp_path):
    model = tmp_path / "model.json"
    name = "small-company"
    assert prove("prove", str(EXAMPLES / f"{name}.yaml"), *organization_of(name), "--model-out", str(model))[0] == 0
    ours = json.loads(prove("prove", str(EXAMPLES / f"{name}.yaml"), *organization_of(name), "--json")[1])["answers"]
    assert json.loads(prove("prove", "--model", str(model))[1]) == ours
    assert json.loads(model.read_text())["schema"] == "sallyport-prover/1"


def test_the_graph_is_written_as_dot_and_as_json(prove, tmp_path):
    policy = [str(EXAMPLES / "small-company.yaml"), *organization_of("small-company")]
    dot, graph = tmp_path / "graph.dot", tmp_path / "graph.json"
    assert prove("prove", *policy, "--graph", str(dot))[0] == 0
    assert prove("prove", *policy, "--graph", str(graph))[0] == 0
    text = dot.read_text()
    assert text.startswith("digraph ") and '"password_reset@staff" -> "factor:password@staff";' in text
    document = json.loads(graph.read_text())
    ids = {n["id"] for n in document["nodes"]}
    assert all(e["from"] in ids and e["to"] in ids for e in document["edges"])
    assert {"from": "mailbox@staff", "to": "signal:mail_code@staff"} in document["edges"]


@pytest.mark.parametrize(
    "old,new,what",
    [
        ("desk_lead: {count: 2, team", "desk_lead: {team", "lacks `count`"),
        ("held_by: guardian", "held_by: gaurdian", "did you mean `guardian`?"),
        ("class: tier0", "class: tier1", "did you mean `tier0`?"),
        ("account.admin: true", "account.admn: true", "did you mean `account.admin`?"),
        ("organization: small-company", "organisation: small-company", "did you mean `organization`?"),
        ("accounts:\n", "levels: {handset: 7}\naccounts:\n", "must be a whole number from 0 to 5"),
        ("accounts:\n", "levels: {headset: 3}\naccounts:\n", "did you mean `handset`?"),
    ],
)
def test_a_slip_in_the_organization_file_is_told_with_its_line(prove, tmp_path, old, new, what):
    text = (EXAMPLES / "small-company.organization.yaml").read_text()
    assert old in text
    bad = tmp_path / "bad.yaml"
    bad.write_text(text.replace(old, new, 1))
    status, out, error = prove("prove", str(EXAMPLES / "small-company.yaml"), "--organization", str(bad))
    assert status == 2
    assert what in out + error and f"{bad}:" in out + error


def test_seats_that_nobody_can_take_are_told(prove, tmp_path):
    text = (EXAMPLES / "small-company.organization.yaml").read_text()
    few = tmp_path / "few.yaml"
    few.write_text(text.replace("guardian:  {count: 3,", "guardian:  {count: 2,"))
    status, out, _ = prove("prove", str(EXAMPLES / "small-company.yaml"), "--organization", str(few))
    assert "nobody can gather 2 approvals by someone with the role tier0_approver: there are 1" in out
    assert "note: line 26: for administrator" in out
    assert status == 0  # they still sign in with their keys


@pytest.mark.parametrize(
    "old,new,what,better",
    [
        ("outside: help_desk", "outside: help_dsk", "no team `help_dsk`", "did you mean `help_desk`?"),
        ("role: tier0_approver", "role: tier0_aprover", "no seat `tier0_aprover`", "did you mean `tier0_approver`?"),
        ("from: account.organization", "from: patner", "no organization `patner`", "did you mean `partner`?"),
        ("[help_desk, third_party]", "[help_dsek, third_party]", "no team `help_dsek`", "did you mean `help_desk`?"),
        ("at_least: 2, role: tier0", "at_least: 5, role: tier0", "there are 3 such people", "ask for at most 3"),
    ],
)
def test_a_policy_has_to_fit_its_organization(prove, tmp_path, old, new, what, better):
    file = small_company(tmp_path, old, new)
    status, out, error = prove("prove", file, *organization_of("small-company"))
    text = pathlib.Path(file).read_text().splitlines()
    line = next(i for i, words in enumerate(text, 1) if new in words)
    assert status == 2 and f"{file}:{line}:" in out and what in out and better in out and text[line - 1] in out
    status, out, error = prove("prove", file, *organization_of("small-company"), "--json")
    problem = json.loads(error.splitlines()[0])
    assert status == 2 and out == "" and what in problem["detail"] and better in problem["next_step"]


def test_accounts_of_a_directory_are_proved_for_people_who_fit(prove, tmp_path):
    accounts = tmp_path / "accounts.jsonl"
    accounts.write_text(account("fine"))
    file = small_company(tmp_path, "outside: help_desk", "outside: help_dsk")
    status, out, _ = prove("prove", file, *organization_of("small-company"), "--accounts", str(accounts))
    assert status == 2 and "no team `help_dsk`" in out


def test_a_team_may_be_there_and_have_nobody_now(prove, tmp_path):
    people = tmp_path / "people.yaml"
    text = (EXAMPLES / "small-company.organization.yaml").read_text()
    people.write_text(text.replace("  operator:", "  night_desk: {count: 0, team: night}\n  operator:"))
    file = small_company(tmp_path, "[help_desk, third_party]", "[help_desk, night]")
    status, out, _ = prove("prove", file, "--organization", str(people))
    assert status == 0 and "`never_alone` names night: nobody is of it" in out
    assert prove("prove", file, *organization_of("small-company"))[0] == 2  # where nobody has heard of it


def test_who_governs_is_told_beside_what_is_promised(prove, tmp_path):
    policy = str(EXAMPLES / "small-company.yaml")
    status, out, _ = prove("prove", policy, *organization_of("small-company"))
    assert status == 0
    assert "look at: 4 people are promised for tier0, and 1 who governs takes such an account (" in out
    promised = tmp_path / "promised.yaml"
    text = (EXAMPLES / "small-company.yaml").read_text()
    more = "  - people_needed_with_governance: {tier0: 2}\n"
    promised.write_text(text.replace("  - never_alone", more + "  - never_alone"))
    status, out, _ = prove("prove", str(promised), *organization_of("small-company"), "--no-repair")
    assert status == 1
    assert "1 person can take it, by its doors or by governing (guardian-" in out
    # Where everything takes two, it holds; and where nobody says, it does not.
    people = (EXAMPLES / "small-company.organization.yaml").read_text()
    two = tmp_path / "two.yaml"
    two.write_text(people.replace("{of: [guardian]}", "{at_least: 2, of: [guardian]}"))
    status, out, _ = prove("prove", str(promised), "--organization", str(two))
    assert status == 0, out
    two.write_text(people[: people.index("governance:")])
    status, out, _ = prove("prove", str(promised), "--organization", str(two), "--no-repair")
    assert status == 1
    assert "(`governance`: gateway_admin, db_admin, directory_admin, restore_backup), so it may be anybody" in out


def test_what_cannot_be_run_leaves_with_two(prove, tmp_path):
    assert prove("prove", str(tmp_path / "missing.yaml"))[0] == 2
    bad = tmp_path / "bad.yaml"
    bad.write_text("policy: x\n")
    assert prove("prove", str(bad))[0] == 2
    assert prove("prove")[0] == 2
    policy = [str(EXAMPLES / "small-company.yaml"), *organization_of("small-company")]
    assert prove("prove", *policy, "--accounts", str(tmp_path / "missing.jsonl"))[0] == 2
    accounts = tmp_path / "accounts.jsonl"
    accounts.write_text(account("fine"))
    for output in ("--certificate", "--graph", "--model-out"):  # would be left unwritten without a word
        status, out, error = prove("prove", *policy, "--accounts", str(accounts), output, str(tmp_path / "out"))
        assert status == 2 and not (tmp_path / "out").exists()
        why = "of the kinds of accounts of an organization file" if output == "--certificate" else "excludes"
        assert why in out + error, out + error


def test_whoever_deletes_the_guarantees_has_proved_nothing(prove, tmp_path):
    text = (EXAMPLES / "small-company.yaml").read_text()
    bare = tmp_path / "bare.yaml"
    bare.write_text(text[: text.index("\nguarantees:")] + "\n")
    certificate = tmp_path / "certificate.json"
    status, out, _ = prove("prove", str(bare), *organization_of("small-company"), "--certificate", str(certificate))
    assert status == 1 and "nothing was proved" in out and not certificate.exists()
    assert json.loads(prove("prove", str(bare), "--json")[1])["holds"] is False


@pytest.fixture
def certified(prove, tmp_path):
    """Proves a shipped policy, and gives a function that has the auditor check what was written."""

    def run(name, change=lambda text: text):
        certificate = tmp_path / "certificate.json"
        policy = [str(EXAMPLES / f"{name}.yaml"), *organization_of(name)]
        assert prove("prove", *policy, "--certificate", str(certificate))[0] == 0
        certificate.write_text(change(certificate.read_text()))
        command = [str(BIN / "sallyport-audit"), "proof", *policy, "--certificate", str(certificate)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("name", SHIPPED)
def test_the_auditor_accepts_the_certificate_of_each_shipped_policy(certified, prove, name):
    status, said = certified(name)
    assert status == 0 and "promises follow from the certificate" in said, said
    # As many as the report says that hold: among them that each account is in its class.
    _, report, _ = prove("prove", str(EXAMPLES / f"{name}.yaml"), *organization_of(name))
    number = re.search(r"(\d+) of \1 guarantees hold", report)[1]
    assert f"{name}: {number} promises follow" in said, said


def test_the_auditor_accepts_a_certificate_of_the_schema_before():
    then = ROOT / "tests" / "vectors" / "certificate-2"
    command = [str(BIN / "sallyport-audit"), "proof", str(then / "policy.yaml")]
    for name, more in (
        ("certificate.json", ["--organization", str(then / "organization.yaml")]),
        ("assumed.json", []),
    ):
        given = [*command, *more, "--certificate", str(then / name)]
        done = subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    # For the assumed organization the other one says nothing.
    given = [*command, "--certificate", str(then / "certificate.json")]
    done = subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "another" in done.stderr


def with_another_class(text):
    document = json.loads(text)
    claim = next(c for c in document["claims"] if c["guarantee"] == "class" and c["account"] == "staff")
    claim["about"] = "contractor"
    return json.dumps(document)


def without_a_way(text):
    document = json.loads(text)
    document["front"]["control@staff"].pop()
    return json.dumps(document)


@pytest.mark.parametrize(
    "change,what",
    [
        (without_a_way, "can be had by a way that is not listed"),
        (with_another_class, "does not claim just what the policy promises"),
        (lambda text: text.replace('"at_least":4', '"at_least":3'), "does not claim just what the policy promises"),
        (lambda text: text[: len(text) // 2], "sallyport-audit: "),
    ],
)
def test_the_auditor_refuses_a_changed_one(certified, change, what):
    status, said = certified("small-company", change)
    assert status == 1 and what in said, said


def test_no_certificate_is_written_for_what_is_not_proved(prove, tmp_path):
    certificate = tmp_path / "certificate.json"
    file = small_company(tmp_path, "mfa_reset: guarded", "mfa_reset: light")
    status, _, _ = prove("prove", file, "--certificate", str(certificate), "--no-repair")
    assert status == 1 and not certificate.exists()


def account(name, **more):
    facts = {"account.admin": False, "account.executive": False, "account.groups": ["Choir"]}
    facts |= {"account.employment": "employee", "account.organization": "home"}
    return json.dumps({"account": name, "facts": facts | more.pop("facts", {}), **more}) + "\n"


def test_accounts_are_proved_one_by_one_and_told_by_their_kind(prove, tmp_path):
    accounts = tmp_path / "accounts.jsonl"
    lines = [account(f"user{n}", facts={"account.groups": [f"Team {n}"]}) for n in range(300)]
    lines += [account("root", facts={"account.groups": ["Domain Admins"], "account.admin": True}, held_by="guardian")]
    lines += [account(f"far{n}", enrolled=[]) for n in range(7)]
    accounts.write_text("".join(lines))
    policy = [str(EXAMPLES / "small-company.yaml"), *organization_of("small-company"), "--accounts", str(accounts)]
    status, out, error = prove("prove", *policy, "--json")
    document = json.loads(out)
    assert status == 1, error
    assert (document["accounts"], document["kinds"], document["shapes"]) == (308, 3, 3)
    # Whoever enrolled nothing signs in with the handset, and cannot be helped once it is gone.
    assert {(f["guarantee"], f["about"], f["accounts"]) for f in document["findings"]} == {("no_lockout", "handset", 7)}
    assert document["broken"] == 7 and document["weaker"] == 0
    status, out, _ = prove("prove", *policy)
    assert "  6 more accounts like it" in out
    assert "every guarantee holds for 301 of 308 accounts (3 kinds, 3 shapes)" in out


@pytest.mark.parametrize(
    "line,what",
    [
        ("{", "line 2"),
        (account("x", klass="y"), "line 2"),
        (account("x", facts={"account.admn": True}), "is not a fact of an account"),
        (account("x", facts={"account.admin": "yes"}), "is a bool"),
        (account("x", facts={"account.organization": "Home Ltd"}), "is no name of an organization"),
        (account("x", enrolled=["otp"]), "names a signal that the policy does not have"),
        (account("x", **{"class": "tier1"}), "is not a class of the policy"),
        (account("x", held_by="nobody"), "is not among the people"),
    ],
)
def test_a_slip_in_the_accounts_is_told_with_its_line(prove, tmp_path, line, what):
    accounts = tmp_path / "accounts.jsonl"
    accounts.write_text(account("fine") + line)
    policy = [str(EXAMPLES / "small-company.yaml"), *organization_of("small-company"), "--accounts", str(accounts)]
    status, _, error = prove("prove", *policy)
    assert status == 2 and what in error and "line 2" in error
