"""sallyport-audit as an auditor meets it: the real program on ledgers of real cases.

    /usr/bin/python3 -m pytest tests/functional/test_audit.py

Programs are taken from $SALLYPORT_BIN (default build/bin). The ledgers come from bench_make_ledger, which must be
built too (ninja bench_make_ledger).
"""

import json
import os
import pathlib
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SALLYPORT_BIN", ROOT / "build" / "bin"))
READER = ROOT / "tests" / "reference" / "ledger_reader.py"

pytestmark = pytest.mark.skipif(
    not (BIN / "bench_make_ledger").exists(), reason="bench_make_ledger is not built: ninja bench_make_ledger"
)

ENTRIES = 600  # two full blocks and a part of one, some sixty cases


class Ledger:
    def __init__(self, path, *options):
        made = subprocess.run(
            [BIN / "bench_make_ledger", path, str(ENTRIES), *options],
            check=True,
            text=True,
            capture_output=True,
            timeout=60,
        )
        said = dict(line.split(" ", 1) for line in made.stdout.splitlines())
        self.path, self.key, self.genesis = path, said["vkey"], said["genesis"]
        self.tampered = int(said.get("tampered", -1))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    return Ledger(tmp_path_factory.mktemp("audit") / "honest.ledger")


def audit(*arguments):
    return subprocess.run([BIN / "sallyport-audit", *map(str, arguments)], text=True, capture_output=True, timeout=60)


def verify(path, key, *options):
    run = audit("verify", path, "--key", key, "--json", *options)
    assert run.returncode in (0, 1), run.stderr
    report = json.loads(run.stdout)
    assert report["sound"] == (run.returncode == 0)
    assert report["sound"] == (report["findings_total"] == 0)
    return report


def reference(path, key):
    """Does the reader that was written from docs/ledger_format.md alone find it sound? And its words."""
    run = subprocess.run([sys.executable, READER, path, key], text=True, capture_output=True, timeout=60)
    return run.returncode == 0, run.stdout


def owners(data):
    """For each byte of a ledger file: the entry whose leaf hash or bytes it belongs to, or None."""
    owner = [None] * len(data)
    at = data.index(b"\n") + 1
    while at < len(data):
        kind, index, count, length = struct.unpack(">cQHI", data[at : at + 15])
        at += 19
        if kind == b"C":
            at += length + 4
        if kind != b"E":
            continue
        for i in range(count):
            owner[at : at + 32] = [index + i] * 32
            at += 32
        for i in range(count):
            size = 2 + int.from_bytes(data[at : at + 2], "big")
            owner[at : at + size] = [index + i] * size
            at += size
    return owner


# -- sound ------------------------------------------------------------------------------------


def test_an_honest_ledger_is_sound(ledger):
    report = verify(ledger.path, ledger.key, "--genesis", ledger.genesis)
    assert report["findings"] == []
    assert report["entries"] == ENTRIES
    assert report["genesis_given"]
    assert report["cases"] > 50
    assert report["executed"] <= report["permitted"] <= report["cases"]
    assert report["executed"] > 30
    assert report["signatures"] > 40
    assert report["demo"]


def test_both_readers_agree_about_the_root(ledger):
    sound, words = reference(ledger.path, ledger.key)
    assert sound, words
    report = verify(ledger.path, ledger.key)
    assert words.strip() == f"sound: {ENTRIES} entries, {report['checkpoints']} checkpoints, root {report['root']}"


def test_the_number_of_threads_changes_nothing(ledger, tmp_path):
    broken = tmp_path / "broken.ledger"
    data = bytearray(ledger.path.read_bytes())
    data[len(data) // 2] ^= 1
    broken.write_bytes(data)
    for path in (ledger.path, broken):
        said = {audit("verify", path, "--key", ledger.key, "--threads", n).stdout for n in (1, 2, 3, 8)}
        assert len(said) == 1


def test_people_are_told_the_verdict_and_what_was_taken_on_trust(ledger):
    said = audit("verify", ledger.path, "--key", ledger.key).stdout
    assert said.endswith("\nSOUND\n")
    assert "taken on trust" in said
    assert "demo ledger" in said
    said = audit("verify", ledger.path, "--key", ledger.key, "--genesis", ledger.genesis).stdout
    assert "taken on trust" not in said


def test_hashes_only_does_not_claim_more_than_it_did(ledger):
    run = audit("verify", ledger.path, "--key", ledger.key, "--hashes-only")
    assert run.returncode == 0
    assert "nothing was ruled upon again" in run.stdout
    assert "permitted" not in run.stdout


def test_the_key_may_stand_in_a_file(ledger, tmp_path):
    (tmp_path / "log.vkey").write_text(ledger.key + "\n")
    assert audit("verify", ledger.path, "--key-file", tmp_path / "log.vkey", "--quiet").returncode == 0


# -- damaged ----------------------------------------------------------------------------------


def test_each_flipped_byte_is_found_and_named(ledger, tmp_path):
    data = ledger.path.read_bytes()
    owner = owners(data)
    assert sorted(set(owner) - {None}) == list(range(ENTRIES))
    broken = tmp_path / "broken.ledger"
    for place in range(3, len(data), len(data) // 60):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        broken.write_bytes(flipped)
        report = verify(broken, ledger.key)
        assert not report["sound"], f"byte {place}"
        if owner[place] is not None:
            first = report["findings"][0]
            assert first["entry"] == owner[place], f"byte {place}: {first}"
            assert first["text"].startswith(f"entry {owner[place]} is damaged"), f"byte {place}: {first}"
        assert not reference(broken, ledger.key)[0], f"byte {place}"


def test_a_file_that_stops_early_is_refused(ledger, tmp_path):
    data = ledger.path.read_bytes()
    short = tmp_path / "short.ledger"
    for length in (0, 5, 19, 30, 5000, len(data) // 2, len(data) - 19, len(data) - 1):
        short.write_bytes(data[:length])
        assert not verify(short, ledger.key)["sound"], length
        assert not reference(short, ledger.key)[0], length


def test_bytes_after_the_end_are_refused(ledger, tmp_path):
    longer = tmp_path / "longer.ledger"
    longer.write_bytes(ledger.path.read_bytes() + b"\0")
    assert verify(longer, ledger.key)["findings"][0]["kind"] == "trailing_bytes"


# -- another's --------------------------------------------------------------------------------


def test_another_logs_key_is_refused(ledger, tmp_path):
    other = Ledger(tmp_path / "other.ledger", "--log-key", "2")
    assert other.key != ledger.key
    report = verify(ledger.path, other.key)
    assert {f["kind"] for f in report["findings"]} == {"checkpoint"}
    assert report["checkpoints"] == 0
    assert not reference(ledger.path, other.key)[0]
    assert verify(other.path, other.key)["sound"]


def test_another_first_entry_is_found_when_the_right_one_is_known(ledger):
    report = verify(ledger.path, ledger.key, "--genesis", "00" * 32)
    assert [f["kind"] for f in report["findings"]] == ["genesis"]
    assert report["findings"][0]["text"].startswith("entry 0: ")


# -- rewritten by somebody who holds the log's key ---------------------------------------------

REWRITTEN = {
    "drop_approval": "the action should not have been permitted: approvals_missing",
    "forge_approval": "the approval should not have been taken",
    "forge_outcome": "the account's marker tells another outcome",
    "swap_account": "the executor should not have acted: action_differs_from_case",
    "reorder": "the executor should not have acted: approvals_missing",
    "appoint_mallory": "the organization should not have been changed: signature_invalid",
}


@pytest.mark.parametrize("kind", REWRITTEN)
def test_rewritten_history_is_found_by_ruling_again(kind, tmp_path):
    forged = Ledger(tmp_path / "forged.ledger", "--tamper", kind)
    assert verify(forged.path, forged.key, "--hashes-only")["sound"], "hashed and signed anew"
    assert reference(forged.path, forged.key)[0]
    first = verify(forged.path, forged.key)["findings"][0]
    assert first["entry"] == forged.tampered
    assert first["kind"] == "ruling"
    assert first["text"].startswith(f"entry {forged.tampered}: ")
    assert REWRITTEN[kind] in first["text"]


# -- show and case ------------------------------------------------------------------------------


def test_show_lists_every_entry_and_prints_one(ledger):
    lines = audit("show", ledger.path).stdout.splitlines()
    assert len(lines) == ENTRIES
    assert lines[0].split("\t")[0] == "0"
    assert lines[0].split("\t")[2:] == ["organization", "ledger_opened"]
    run = audit("show", ledger.path, "300")
    assert run.returncode == 0
    entry = json.loads(run.stdout)
    assert lines[300].split("\t") == ["300", entry["at"], entry["stream"], entry["kind"]]
    assert audit("show", ledger.path, ENTRIES).returncode == 1


def test_show_marks_a_damaged_entry(ledger, tmp_path):
    data = bytearray(ledger.path.read_bytes())
    place = owners(data).index(17)
    data[place] ^= 1
    broken = tmp_path / "broken.ledger"
    broken.write_bytes(data)
    run = audit("show", broken)
    assert run.returncode == 1
    assert run.stdout.splitlines()[17] == "17\tdamaged"
    assert audit("show", broken, 17).stdout.startswith("damaged")
    assert audit("show", broken, 18).returncode == 0


def test_a_case_is_told_with_its_approver_its_evidence_and_its_outcome(ledger):
    run = audit("case", ledger.path, "c-8")
    assert run.returncode == 0
    said = run.stdout
    order = [
        "case_opened",
        "claimant_joined",
        "totp failed",
        "was refused `execute password_reset`",
        "evidence 1 (totp) did not count: it failed",
        "evidence 2 (totp) counted",
        "approval_recorded",
        "action_permitted",
        "approved by lea",
        "intent_recorded",
        "outcome_recorded",
        "closed: done",
    ]
    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_a_forged_case_is_told_with_what_is_wrong(tmp_path):
    forged = Ledger(tmp_path / "forged.ledger", "--tamper", "drop_approval")
    stream = json.loads(audit("show", forged.path, forged.tampered).stdout)["stream"]
    run = audit("case", forged.path, stream.removeprefix("case/"))
    assert run.returncode == 1
    assert f"FOUND at entry {forged.tampered}: the action should not have been permitted" in run.stdout


def test_an_unknown_case_is_said_to_be_unknown(ledger):
    run = audit("case", ledger.path, "c-99999")
    assert run.returncode == 1
    assert "no case `c-99999`" in run.stderr


# -- use ------------------------------------------------------------------------------------------


def test_wrong_use_is_explained(ledger):
    for arguments in (
        [],
        ["prove"],
        ["verify"],
        ["verify", ledger.path],
        ["verify", ledger.path, "--key"],
        ["verify", ledger.path, "--key", "nonsense"],
        ["verify", ledger.path, "--key", ledger.key, "--fast"],
        ["verify", ledger.path, "--key", ledger.key, "--threads", "0"],
        ["verify", ledger.path, "--key", ledger.key, "--genesis", "abc"],
        ["verify", ledger.path, "--key", ledger.key, "--key-file", "x"],
        ["show", ledger.path, "-1"],
        ["show", ledger.path, "1", "2"],
        ["case", ledger.path, "No Such"],
    ):
        run = audit(*arguments)
        assert run.returncode == 2, arguments
        assert run.stdout == ""
        assert run.stderr.startswith("sallyport-audit: "), arguments


def test_what_cannot_be_read_is_said_so(ledger, tmp_path):
    for arguments in (
        ["verify", tmp_path / "none", "--key", ledger.key],
        ["verify", tmp_path, "--key", ledger.key],
        ["verify", ledger.path, "--key-file", tmp_path / "none"],
        ["show", tmp_path / "none"],
        ["case", tmp_path / "none", "c-1"],
    ):
        assert audit(*arguments).returncode == 3, arguments


def test_help_and_version():
    assert "verify" in audit("--help").stdout
    for command in ("verify", "show", "case"):
        assert audit(command, "--help").stdout.startswith(f"sallyport-audit {command}")
    assert audit("--version").stdout == "sallyport-audit 0.1.0\n"
