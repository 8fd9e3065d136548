"""The commands on policy files, as an author uses them: 0 fine, 1 the answer is no, 2 could not be run."""

import hashlib
import json
import pathlib
import subprocess

import pytest

from framework.site import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "policies"
GOOD = (EXAMPLES / "demo.yaml").read_text()


@pytest.fixture
def policy(programs):
    def run(*arguments):
        command = [str(BIN / "sallyport"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.glob("*.yaml") if p.name.count(".") == 1))
def test_the_examples_load_and_are_tidy(policy, name):
    status, out, _ = policy("policy", "check", str(EXAMPLES / name))
    assert status == 0, out
    assert policy("policy", "fmt", "--check", str(EXAMPLES / name))[0] == 0


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.glob("*.cases.yaml")))
def test_the_cases_beside_them_are_decided_as_expected(policy, name):
    status, out, _ = policy("policy", "test", str(EXAMPLES / name))
    assert status == 0, out


def test_check_tells_every_mistake_with_its_line(policy, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace("totp:", "otp:", 1).replace("language: 1", "language: 7", 1))
    status, out, _ = policy("policy", "check", str(bad))
    assert status == 1
    assert "is 7, out of range: it must be a whole number from 1 to 1" in out and "did you mean `totp`?" in out
    assert "^" in out and " | " in out
    status, out, _ = policy("--json", "policy", "check", str(bad))
    document = json.loads(out)
    assert status == 1 and not document["loads"]
    assert {p["severity"] for p in document["problems"]} == {"error"}
    assert all(p["line"] > 0 and p["column"] > 0 and p["next_step"] for p in document["problems"])


def test_check_tells_rules_that_others_cover(policy, tmp_path):
    text = (EXAMPLES / "small-company.yaml").read_text()
    more = "  - {id: by-phone, when: \"request.channel == 'phone' && action == 'mfa_reset'\", raise: RAISE}\n"
    file = tmp_path / "more.yaml"
    file.write_text(text.replace("rules:\n", "rules:\n" + more.replace("RAISE", "standard"), 1))
    line = file.read_text()[: file.read_text().index("by-phone")].count("\n") + 1
    status, out, error = policy("policy", "check", str(file))
    assert status == 1
    assert f"{file}:{line}:" in out + error
    assert "the rule `by-phone` changes no decision: whenever it holds, the floors of action" in out + error
    _, told, _ = policy("policy", "prove", str(file), "--json", "--no-repair")
    assert any(note.startswith(f"line {line}: the rule `by-phone` changes") for note in json.loads(told)["notes"])
    # One that asks for more is none.
    file.write_text(text.replace("rules:\n", "rules:\n" + more.replace("RAISE", "vault"), 1))
    assert policy("policy", "check", str(file))[0] == 0


def test_check_warns_of_signals_that_no_case_can_be_given(policy, tmp_path):
    ahead = tmp_path / "ahead.yaml"
    ahead.write_text(GOOD.replace("signals:\n", "signals:\n  sms_code: {rests_on: [number]}\n", 1))
    status, out, _ = policy("policy", "check", str(ahead))
    assert status == 0  # a policy may be written ahead of what the gateway can verify
    assert "warning: in this version no case can be given `sms_code`" in out
    status, out, _ = policy("--json", "policy", "check", str(ahead))
    document = json.loads(out)
    assert status == 0 and document["loads"]
    assert [(p["severity"], "sms_code" in p["what"]) for p in document["problems"]] == [("warning", True)]
    # The nearest thing that is a mistake: what the language does not know.
    ahead.write_text(ahead.read_text().replace("sms_code", "sms"))
    assert policy("policy", "check", str(ahead))[0] == 1


ORGANIZED = (EXAMPLES / "small-company.yaml").read_text()
PEOPLE = str(EXAMPLES / "small-company.organization.yaml")


def test_check_holds_a_policy_against_an_organization(policy, tmp_path):
    draft = tmp_path / "draft.yaml"
    draft.write_text(ORGANIZED)
    status, out, _ = policy("policy", "check", "--organization", PEOPLE, str(draft))
    assert status == 0 and f"fits        {PEOPLE}" in out
    slips = ORGANIZED.replace("outside: help_desk", "outside: help_dsk").replace("[help_desk,", "[helpdesk,")
    draft.write_text(slips)
    assert policy("policy", "check", str(draft))[0] == 0  # by itself it is a policy
    status, out, _ = policy("policy", "check", "--organization", PEOPLE, str(draft))
    assert status == 1 and f"fits        not {PEOPLE}" in out
    line = slips.splitlines().index(next(text for text in slips.splitlines() if "outside: help_dsk" in text)) + 1
    assert f"{draft}:{line}:" in out and "no team `help_dsk` in `small-company`" in out
    assert "did you mean `help_desk`? the teams are business, help_desk," in out
    assert "no team `helpdesk`" in out and "outside: help_dsk}]" in out and "^" in out
    document = json.loads(policy("--json", "policy", "check", "--organization", PEOPLE, str(draft))[1])
    assert document["loads"] and not document["fits"]
    assert [p["severity"] for p in document["problems"]] == ["error"] * 3
    bad = tmp_path / "people.yaml"
    bad.write_text("organization: x\n")
    assert policy("policy", "check", "--organization", str(bad), str(draft))[0] == 2


def test_check_tells_of_holds_and_lists_with_their_line(policy, tmp_path):
    draft = tmp_path / "draft.yaml"
    draft.write_text(ORGANIZED.replace("hold: {for: 4h}", "hold: {for: 0s}"))
    status, out, _ = policy("policy", "check", str(draft))
    assert status == 1 and "warning: this hold is no time at all" in out and "loads" in out
    draft.write_text(ORGANIZED.replace("[handset, mailbox, code_sheet]", "[handset, mailbox, handset]"))
    status, out, _ = policy("policy", "check", str(draft))
    assert status == 1 and "`after_losing` names `handset` twice" in out and "loads" not in out


@pytest.mark.parametrize(
    "content,place,what",
    [
        (b"policy: a\nsignals: &x {totp: 1}\n", "2:10", "anchors are not used here"),
        (b"policy: a\nsignals: *x\n", "2:10", "aliases are not used here"),
        (b"policy: !!str a\n", "1:9", "tags are not used here"),
        (b"policy: a\n# caf\xe9\n", "2:6", "the text is not UTF-8: the byte 0xe9 stands here"),
        (b"policy: a\npolicy: b\n", "2:1", "stands here twice"),
    ],
)
def test_what_is_no_yaml_of_ours_is_told_by_its_name_and_place(policy, tmp_path, content, place, what):
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(content)
    status, out, _ = policy("policy", "check", str(bad))
    assert status == 1 and f"{bad}:{place}: " in out and what in out


def test_how_each_command_ends_that_has_nothing_to_work_on(policy, tmp_path):
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (1 << 20) + b"\n")
    status, _, error = policy("policy", "check", str(large))
    assert status == 2 and "is larger than 1 MiB" in error
    status, _, error = policy("policy", "explain", "--action", "unlock")
    assert status == 2 and "add --account LOGIN, or --policy FILE" in error
    key = ["--key", str(tmp_path / "none.key")]
    assert policy("policy", "propose", str(tmp_path / "missing.yaml"), *key)[0] == 2
    draft = tmp_path / "draft.yaml"
    draft.write_text(ORGANIZED.replace("outside: help_desk", "outside: help_dsk"))
    status, out, _ = policy("policy", "propose", str(draft), "--organization", PEOPLE, *key)
    assert status == 2 and "no team `help_dsk`" in out
    status, out, _ = policy("drill", "run", "--policy", str(draft), "--organization", PEOPLE)
    assert status == 2 and "no team `help_dsk`" in out


def test_diff_takes_the_first_as_it_is_and_wants_the_second_to_fit(policy, tmp_path):
    good, other = tmp_path / "good.yaml", tmp_path / "other.yaml"
    good.write_text(ORGANIZED)
    other.write_text(ORGANIZED.replace("outside: help_desk", "outside: help_dsk"))
    assert policy("policy", "diff", str(other), str(good), "--organization", PEOPLE)[0] in (0, 1)
    status, out, error = policy("policy", "diff", str(good), str(other), "--organization", PEOPLE)
    assert status == 2 and "no team `help_dsk`" in out and "does not fit" in error


@pytest.mark.parametrize("command", ["check", "test", "diff", "fmt", "prove", "propose", "show", "explain"])
def test_help_teaches_by_examples(policy, command):
    status, out, _ = policy("policy", command, "--help")
    assert status == 0 and "Examples:\n" in out
    examples = out.split("Examples:\n")[1]
    assert 2 <= examples.count("  sallyport ") <= 4 and f"policy {command} " in examples + " "


def test_what_cannot_be_read_could_not_be_run(policy, tmp_path):
    for command in (["check"], ["test"], ["fmt"]):
        status, _, error = policy("policy", *command, str(tmp_path / "missing.yaml"))
        assert status == 2 and "missing.yaml" in error
    assert policy("policy", "diff", str(EXAMPLES / "demo.yaml"), str(tmp_path / "missing.yaml"))[0] == 2


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: &x 1\nb: *x\n", b"a: 1\na: 2\n", b"#" * (10 << 20)],
                         ids=["not UTF-8", "alias", "twice", "10 MB"])
def test_bad_bytes_are_refused_in_words(policy, tmp_path, content):
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(content)
    status, out, error = policy("policy", "check", str(bad))
    assert status in (1, 2) and (out or error)


def test_explain_tries_a_file(policy):
    demo = str(EXAMPLES / "demo.yaml")
    facts = ["account.active=true", "account.admin=false", "account.groups=Staff", "request.cases_24h=0"]
    given = [word for fact in facts for word in ("--fact", fact)]
    status, out, _ = policy("policy", "explain", "--policy", demo, "--action", "password_reset", *given)
    assert status == 0 and out.startswith("pending") and "missing:" in out
    assert hashlib.sha256(GOOD.encode()).hexdigest() in out and ", tier standard, needs " in out
    status, out, _ = policy("--json", "policy", "explain", "--policy", demo, "--action", "password_reset")
    assert status == 1 and json.loads(out)["decision"] == "deny"  # nothing is known
    mistyped = ["--action", "unlock", "--fact", "account.admn=true"]
    status, _, error = policy("policy", "explain", "--policy", demo, *mistyped)
    assert status == 2 and "account.admin" in error


def test_diff_says_who_is_affected(policy, tmp_path):
    draft = tmp_path / "draft.yaml"
    draft.write_text(GOOD.replace("password_reset: standard", "password_reset: light", 1))
    assert draft.read_text() != GOOD
    demo = str(EXAMPLES / "demo.yaml")
    status, out, _ = policy("policy", "diff", demo, str(draft))
    assert status == 1 and "easier: password_reset for class" in out and "such as" in out
    status, out, _ = policy("--json", "policy", "diff", str(draft), demo)
    document = json.loads(out)
    assert status == 0 and document["easier"] == 0 and document["harder"] > 0
    assert all(change["witness"] and change["was"] and change["is"] for change in document["changes"])


def test_diff_tells_what_no_request_shows(policy, tmp_path):
    draft = tmp_path / "draft.yaml"
    shipped = EXAMPLES / "small-company.yaml"
    draft.write_text(shipped.read_text().replace("fresh: 5m, enrolled_for: 1d", "fresh: 30d", 1))
    assert draft.read_text() != shipped.read_text()
    status, out, _ = policy("policy", "diff", str(shipped), str(draft))
    assert status == 1 and "easier: signals.totp.fresh was 5m, is 30d" in out and "ask the same" not in out
    status, out, _ = policy("--json", "policy", "diff", str(draft), str(shipped))
    document = json.loads(out)
    assert status == 0 and document["only_tightens"] and not document["changes"]
    assert {c["setting"]: c["direction"] for c in document["settings"]} == {
        "signals.totp.fresh": "harder",
        "signals.totp.enrolled_for": "harder",
    }
    status, out, _ = policy("policy", "diff", str(shipped), str(shipped))
    assert status == 0 and "the policies ask the same" in out


def test_test_says_what_differs(policy, tmp_path):
    cases = tmp_path / "demo.cases.yaml"
    (tmp_path / "demo.yaml").write_text(GOOD)
    cases.write_text(
        "policy: demo.yaml\ncases:\n  - {name: nothing known, action: unlock, expect: permit}\n"
        "  - {name: refused, action: unlock, expect: deny}\n"
    )
    status, out, _ = policy("policy", "test", str(cases))
    assert status == 1 and "expected permit, decided deny" in out and "demo.cases.yaml:3" in out
    cases.write_text("policy: demo.yaml\ncases:\n  - {name: x, action: unlok, expect: maybe}\n")
    status, out, _ = policy("policy", "test", str(cases))
    assert status == 2 and "did you mean `unlock`?" in out and "`maybe` is no decision" in out


def test_fmt_touches_white_space_only(policy, tmp_path):
    loose = tmp_path / "loose.yaml"
    loose.write_text("\n\n" + GOOD.replace("\n", "  \r\n") + "\n\n\n")
    assert policy("policy", "fmt", "--check", str(loose))[0] == 1
    assert policy("policy", "fmt", str(loose))[0] == 0
    assert loose.read_text() == GOOD
    assert policy("policy", "fmt", "--check", str(loose))[0] == 0
