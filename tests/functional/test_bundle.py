"""One case for an auditor or a court: made from a real site, verified alone, and read by a second reader.

    /usr/bin/python3 -m pytest tests/functional/test_bundle.py
"""

import hashlib
import json
import re
import subprocess
import sys

import pytest

from framework.directories import ROOT, Embedded
from framework.site import BIN, Site, new_password

READER = ROOT / "tests" / "reference" / "ledger_reader.py"


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    site = Site(folder, Embedded(folder, ["maya", "noor"]))
    try:
        site.drawer = site.enrol("maya")
        done = site.open("maya").join()
        done.prove(site.drawer)
        done.seal(new_password())
        done.approve()
        assert done.wait_closed()["result"] == "done"
        site.done = done
        site.other = site.open("noor")
        assert site.other.cancel().status == 200
        site.change({"remove": "tess"})
        site.ledger = site.export()  # signs the auditor in
        yield site
    finally:
        site.stop()


def export(site, case, name, *words):
    out = site.base / name
    ran = site.command("--json", "audit", "export", "--case", case, out, "--key", site.vkey, *words)
    assert ran.returncode == 0, ran.stderr
    return out, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def bundle(site):
    return export(site, site.done.id, "done.bundle")[0]


def verify(site, path, *options):
    ran = subprocess.run(
        [BIN / "sallyport-audit", "verify", path, "--key", site.vkey, "--genesis", site.genesis, "--json", *options],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode in (0, 1), ran.stderr
    report = json.loads(ran.stdout)
    assert report["sound"] == (ran.returncode == 0) == (report["findings_total"] == 0)
    return report


def reference(site, path):
    ran = subprocess.run([sys.executable, READER, path, site.vkey], capture_output=True, text=True, timeout=60)
    return ran.returncode == 0, ran.stdout


def page_of(path):
    data = path.read_bytes()
    length = int(re.search(rb"\ncover ([0-9]+) ", data)[1])
    begin = data.index(b"\n", data.index(b"\ncover ") + 1) + 1
    return data[begin : begin + length].decode()


def with_page(data, page):
    """The same bundle, with another page in front and the digest that fits it."""
    begin = data.index(b"cover ")
    end = data.index(b"\ncheckpoint ", begin)
    page = page.encode()
    head = f"cover {len(page)} {hashlib.sha256(page).hexdigest()}\n".encode()
    return data[:begin] + head + page + data[end:]


def test_one_case_is_verified_alone(site, bundle):
    report = verify(site, bundle)
    assert report["findings"] == []
    assert report["case"] == site.done.id
    assert report["result"] == "done"
    assert report["organization_whole"], "a removal follows the case"
    assert report["genesis_given"]
    assert report["signatures"] > 5


def test_the_second_reader_agrees(site, bundle):
    report = verify(site, bundle)
    sound, words = reference(site, bundle)
    assert sound, words
    assert words.strip() == (
        f"sound: case {site.done.id}, {report['case_entries']} entries of it and {report['organization_entries']} of "
        f"the organization, of {report['entries']}, organization whole"
    )


def test_the_page_in_front_can_be_read(site, bundle):
    page = page_of(bundle)
    for words in (
        f"case    {site.done.id}",
        "password_reset of the account",
        "through tom (person staff-tom",
        "ticket T-1",
        "policy `functional tests`",
        "proposed by root, approved by una, uwe",
        "approved by ada (person staff-ada)",
        "closed: done",
        "THIS IS A DEMO LEDGER",
        "WHAT IS NOT PROVED",
    ):
        assert words in page, page


def test_it_holds_nothing_of_other_cases_and_no_secret(site, bundle):
    text = bundle.read_text()
    assert site.other.id not in text
    for secret in (site.drawer.seed, *site.drawer.codes, "forgot it", site.directory.mail["maya"]):
        assert secret not in text


def test_the_same_bundle_comes_out_of_a_ledger_file(site, bundle):
    again, said = export(site, site.done.id, "again.bundle", "--from", site.ledger)
    assert said["sound"]
    assert verify(site, again)["sound"]
    cut = slice(page_of(bundle).index("WHAT WAS ASKED"), page_of(bundle).index("WHAT IS PROVED"))
    assert page_of(again)[cut] == page_of(bundle)[cut]


def test_another_page_is_found_out(site, bundle, tmp_path):
    forged = tmp_path / "forged.bundle"
    page = page_of(bundle)
    assert with_page(bundle.read_bytes(), page) == bundle.read_bytes()
    forged.write_bytes(with_page(bundle.read_bytes(), page.replace("approved by ada", "approved by una")))
    report = verify(site, forged)
    assert [f["kind"] for f in report["findings"]] == ["cover"]


def test_each_flipped_bit_is_found_by_both_readers(site, bundle, tmp_path):
    data = bundle.read_bytes()
    broken = tmp_path / "broken.bundle"
    for place in range(5, len(data), len(data) // 60):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        broken.write_bytes(flipped)
        assert not reference(site, broken)[0], place
        if flipped.startswith(b"sallyport-bundle/1\n"):
            assert not verify(site, broken)["sound"], place


def test_an_older_bundle_than_what_was_seen_is_refused(site, bundle, tmp_path):
    site.sign_in("rea")
    seen = tmp_path / "seen.checkpoint"
    seen.write_text(site.staff["rea"].get("/v1/ledger/checkpoint").text)
    report = verify(site, bundle, "--since", seen)
    assert "ask for a newer bundle" in report["findings"][0]["text"]
    assert verify(site, site.ledger, "--since", seen)["findings"][0]["kind"] == "since"


def test_what_the_end_of_a_stream_does_not_show_is_said(site, tmp_path):
    """A case after the last change of staff: nothing in a tree can show that there was no other."""
    case = site.open("noor")
    out, said = export(site, case.id, "open.bundle")
    assert said["sound"] and not said["organization_whole"]
    report = verify(site, out)
    assert report["sound"] and not report["closed"]
    assert not report["organization_whole"]
    ran = subprocess.run(
        [BIN / "sallyport-audit", "verify", out, "--key", site.vkey], capture_output=True, text=True, timeout=60
    )
    assert "To be looked at" in ran.stdout and "the case may have gone on" in ran.stdout


def test_a_case_that_is_not_there_has_no_bundle(site):
    ran = site.command("audit", "export", "--case", "c-none", site.base / "none", "--key", site.vkey)
    assert ran.returncode == 5, ran.stderr
    assert "no case `c-none`" in ran.stderr
    assert not (site.base / "none").exists()
