"""`sallyport policy prove`: the given cases byte for byte, and what is said of models that are none."""

import json
import pathlib
import subprocess

import pytest

from framework.site import BIN

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "prover"
CASES = sorted(p.name.removesuffix(".expected.json") for p in VECTORS.glob("*.expected.json"))


def prove(path, *more):
    command = [BIN / "sallyport", "policy", "prove", "--model", path, *more]
    return subprocess.run(command, capture_output=True, timeout=60)


@pytest.fixture
def model(programs, tmp_path):
    """The first case as something to spoil; prove_it(change) proves what is left of it."""
    good = json.loads((VECTORS / "01_single_sms.json").read_text())

    def prove_it(change=lambda model: None, *more):
        change(good)
        path = tmp_path / "model.json"
        path.write_text(json.dumps(good))
        return prove(path, *more)

    return prove_it


def test_there_are_cases():
    assert len(CASES) == 4


@pytest.mark.parametrize("case", CASES)
def test_a_given_case_comes_out_byte_for_byte(programs, case):
    done = prove(VECTORS / f"{case}.json")
    assert done.returncode == 0 and done.stderr == b""
    assert done.stdout == (VECTORS / f"{case}.expected.json").read_bytes()


def test_json_may_be_asked_for_and_is_what_there_is_anyway(model):
    assert model().stdout == model(lambda m: None, "--json").stdout


def misspell(model):
    model["nodes"]["rec:alice"] = "smss:alice"


def name_twice(model):
    model["nodes"]["pw:alice"] = True


def negate(model):
    model["nodes"]["rec:alice"] = {"not": ["pw:alice"]}


def cost_a_fraction(model):
    model["atoms"][0]["cost"] = 0.5


@pytest.mark.parametrize(
    "change, says",
    [
        (misspell, '$.nodes["rec:alice"]: `smss:alice` is not known; did you mean `sms:alice`?'),
        (name_twice, '$.nodes["pw:alice"]: `pw:alice` is both an atom and a node; rename one of them'),
        (negate, '$.nodes["rec:alice"].not: `not` is no operator; '),
        (cost_a_fraction, "$: line 1, column 237: only whole numbers are used here; "),
        (lambda m: m.pop("name"), "$: `name` is missing; give a title as a string"),
        (lambda m: m.update(acounts=[]), "$.acounts: the key `acounts` is not known here; did you mean `accounts`?"),
    ],
)
def test_a_malformed_model_is_refused_with_place_and_remedy(model, change, says):
    done = model(change)
    assert done.returncode == 2 and done.stdout == b""
    assert f"model.json: {says}" in done.stderr.decode()


def test_all_that_is_wrong_is_said_at_once(model):
    def spoil(m):
        misspell(m), name_twice(m), m.update(recovery=["rec:bob"])

    assert len(model(spoil).stderr.splitlines()) == 3


def test_with_json_each_error_is_a_problem_document(model):
    done = model(misspell, "--json")
    assert done.returncode == 2 and done.stdout == b""
    problem = json.loads(done.stderr)
    assert problem["type"] == "urn:sallyport:fault:invalid" and problem["next_step"] == "did you mean `sms:alice`?"


def test_control_characters_of_a_model_do_not_reach_the_terminal(model):
    done = model(lambda m: m["nodes"].update({"rec:alice": "\x1b[2Jx"}))
    assert done.returncode == 2 and b"\x1b" not in done.stderr


def test_what_is_no_json_and_what_is_no_file(programs, tmp_path):
    path = tmp_path / "model.json"
    path.write_bytes(b"\xff{")
    assert prove(path).returncode == 2
    path.write_bytes(b'{"nodes":{"n":' + b'{"and":[' * 100_000)
    done = prove(path)
    assert done.returncode == 2 and b"nested too deeply" in done.stderr
    assert prove(tmp_path / "none.json").returncode == 2
    assert prove(tmp_path).returncode == 2
    path.write_bytes(b" " * (10 << 20) + b"{}")
    done = prove(path)
    assert done.returncode == 2 and b"is larger than 10 MiB" in done.stderr and b"10485" not in done.stderr


def test_a_model_that_needs_too_much_is_refused(model):
    def spread(m):  # 2^20 smallest ways
        m["atoms"] += [{"id": f"x{i}"} for i in range(40)]
        m["nodes"]["rec:alice"] = {"and": [{"or": [f"x{i}", f"x{i + 20}"]} for i in range(20)]}

    done = model(spread)
    assert done.returncode == 2 and done.stdout == b"" and b"model.json" in done.stderr


def test_whatever_the_answers_are_the_question_was_answered(model):
    done = model()
    assert done.returncode == 0 and b'"violated"' in done.stdout


def test_what_is_only_worth_knowing_is_no_fault(model):
    plain = model(lambda m: m.pop("schema"))
    assert plain.returncode == 0 and plain.stderr.startswith(b"note: ")
    done = model(lambda m: None, "--json")
    (note,) = map(json.loads, done.stderr.splitlines())
    assert done.returncode == 0 and note["type"] == "urn:sallyport:note" and "schema" in note["detail"]


def test_help_teaches(programs):
    done = subprocess.run([BIN / "sallyport", "policy", "prove", "--help"], capture_output=True, timeout=60)
    assert done.returncode == 0
    for word in ("--model", '"atoms"', "violated", "docs/prover.md"):
        assert word in done.stdout.decode()
