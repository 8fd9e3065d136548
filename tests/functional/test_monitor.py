"""A monitor of a ledger: it follows the log, keeps what it saw, and alarms when it is told something else.

    /usr/bin/python3 -m pytest tests/functional/test_monitor.py
"""

import json
import subprocess
import time

import pytest

from framework.directories import Embedded
from framework.served_log import ServedLog
from framework.site import BIN, Site, eventually

NAME = "ledger.example.org/test"


class Monitor:
    """`sallyport audit monitor` of one log."""

    def __init__(self, folder, log_url, vkey, *options):
        self.home, self.state = folder / "home", folder / "seen.json"
        self.home.mkdir(exist_ok=True)
        self.server = ["--server", log_url]
        self.options = ["--key", vkey, "--state", self.state, *options]
        self.running = None

    def words(self, *more):
        words = [BIN / "sallyport", "--json", "--home", self.home, *self.server, "audit", "monitor"]
        return [str(word) for word in [*words, *self.options, *more]]

    def once(self):
        """(exit code, [alarms])"""
        ran = subprocess.run(self.words("--once"), capture_output=True, text=True, timeout=60)
        assert ran.returncode in (0, 1), ran.stderr
        alarms = [json.loads(line) for line in ran.stdout.splitlines()]
        return ran.returncode, [(alarm["alarm"], alarm["text"]) for alarm in alarms]

    def quiet(self):
        assert self.once() == (0, []), "no alarm"

    def alarm(self):
        status, alarms = self.once()
        assert status == 1 and len(alarms) == 1, alarms
        return alarms[0]

    def start(self, log_file):
        self.running = subprocess.Popen(self.words("--every", "1"), stdout=log_file.open("w"), stderr=subprocess.STDOUT)

    def stop(self):
        if self.running is not None:
            self.running.terminate()
            self.running.wait(timeout=30)

    def seen(self):
        return int(json.loads(self.state.read_text())["note"].split("\n")[1])


@pytest.fixture
def log():
    log = ServedLog(NAME, b"\1" * 32)
    log.entries = [b"entry %d" % i for i in range(300)]
    yield log.serve()
    log.stop()


@pytest.fixture
def monitor(log, tmp_path):
    return Monitor(tmp_path, log.url, log.vkey, "--hashes-only")


def test_a_log_that_grows_raises_no_alarm(monitor, log):
    for size in (1, 2, 255, 256, 257, 300, 300):
        log.size = size
        monitor.quiet()
        assert monitor.seen() == size


def test_a_rollback_is_an_alarm_and_what_was_seen_is_kept(monitor, log):
    monitor.quiet()
    log.size = 299
    assert monitor.alarm() == (
        "rollback",
        "the log was rolled back: it signs 299 entries, and signed 300 before",
    )
    assert monitor.seen() == 300
    assert monitor.alarm()[0] == "rollback", "and again by the next one who looks"
    log.size = None
    monitor.quiet()


def test_a_fork_is_an_alarm_at_the_same_size_and_at_a_larger_one(monitor, log):
    log.size = 200
    monitor.quiet()
    kept, log.entries = log.entries, [b"another " + entry for entry in log.entries]
    assert monitor.alarm() == ("fork", "the log is forked: it signs two histories of 200 entries")
    log.size = 300
    assert monitor.alarm()[0] == "fork"
    log.entries = kept[:199] + [b"another"] + kept[200:]
    assert monitor.alarm()[0] == "fork"
    assert monitor.seen() == 200
    log.entries = kept
    monitor.quiet()


def test_a_signature_that_does_not_verify_is_an_alarm(monitor, log, tmp_path):
    monitor.quiet()
    note = log.checkpoint()
    for wrong in (note.replace("\n300\n", "\n301\n"), note[:-4] + "AA=\n", "", note.replace(NAME, NAME + "x")):
        log.note = wrong
        assert monitor.alarm()[0] == "signature", wrong
    log.note = None
    monitor.quiet()
    stranger = ServedLog(NAME, b"\2" * 32)
    other = Monitor(tmp_path, log.url, stranger.vkey, "--hashes-only")
    other.state = tmp_path / "none.json"
    other.options[3] = other.state
    assert other.alarm()[0] == "signature"
    assert not other.state.exists()


def test_hashes_that_are_not_those_that_were_signed_are_an_alarm(monitor, log):
    good = log.checkpoint()
    log.note = good
    log.entries[17] = b"served otherwise"
    assert monitor.alarm()[0] == "hashes"
    log.entries[17] = b"entry 17"
    monitor.quiet()


def test_a_memory_that_cannot_be_read_is_no_beginning(monitor, log):
    monitor.quiet()
    good = monitor.state.read_text()
    told = json.loads(good)
    for wrong in (
        "",
        "{}",
        good[:-20],
        json.dumps(dict(told, ruled=-1)),
        json.dumps(dict(told, note=told["note"].replace("300", "299"))),
        json.dumps(dict(told, frontier=told["frontier"][:-8] + "AAAAAAA=")),
    ):
        monitor.state.write_text(wrong)
        ran = subprocess.run(monitor.words("--once"), capture_output=True, text=True, timeout=60)
        assert ran.returncode not in (0, 2), wrong
        assert "remembers cannot be read" in ran.stderr
        assert ran.stdout == ""


def test_a_log_that_is_away_or_stands_still_for_too_long_is_an_alarm(monitor, log):
    monitor.quiet()
    monitor.options += ["--still-after", "3600"]
    monitor.quiet()
    told = json.loads(monitor.state.read_text())
    monitor.state.write_text(json.dumps(dict(told, grown_at="2026-01-01T00:00:00.000Z")))
    assert monitor.alarm()[0] == "still"
    log.entries.append(b"one more")
    monitor.quiet()
    log.away = True
    monitor.quiet()  # not for long
    monitor.options += ["--unreachable-after", "0"]
    assert monitor.alarm()[0] == "unreachable"


def test_a_running_monitor_alarms_at_once_and_once_for_each_thing(monitor, log, tmp_path):
    taken = tmp_path / "taken"
    program = tmp_path / "page"
    program.write_text(f'#!/bin/sh\nprintf "%s|%s\\n" "$1" "$2" >> {taken}\n')
    program.chmod(0o755)
    monitor.options += ["--command", program, "--unreachable-after", "2"]
    said = tmp_path / "said"
    monitor.start(said)
    try:
        eventually(monitor.state.exists, "it has seen the log")
        began = time.monotonic()
        log.size = 100
        eventually(lambda: taken.exists() and "rollback|" in taken.read_text(), "the program was run")
        assert time.monotonic() - began < 60
        log.size = None
        log.away = True
        eventually(lambda: "unreachable|" in taken.read_text(), "it says that the log is away")
        log.away = False
        log.entries[5] = b"another"
        log.entries.append(b"one more")
        eventually(lambda: "fork|" in taken.read_text(), "it says that the log is forked")
        time.sleep(2.5)  # and says so once
        alarms = [line.split("|")[0] for line in taken.read_text().splitlines()]
        assert alarms == ["rollback", "unreachable", "fork"]
        assert [json.loads(line)["alarm"] for line in said.read_text().splitlines()] == alarms
    finally:
        monitor.stop()


# -- a real ledger, with its entries ---------------------------------------------------------------


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("monitored")
    site = Site(folder, Embedded(folder, ["maya"]))
    try:
        site.export()  # signs the auditor in
        yield site
    finally:
        site.stop()


@pytest.fixture
def own(site, tmp_path):
    """The monitor of the site, in the auditor's home."""
    monitor = Monitor(tmp_path, site.origin, site.vkey)
    monitor.home = site.base / "home"
    monitor.server += ["--ca", str(site.ca)]
    return monitor


@pytest.fixture
def copy(site, tmp_path):
    """A server that has the ledger's key and its entries, and a monitor with a session there."""
    log = ServedLog(site.vkey.split("+", 1)[0], bytes.fromhex((site.folder / "keys/ledger.key").read_text().strip()))
    assert log.vkey == site.vkey
    with site.database() as db:
        log.entries = [bytes(body) for (body,) in db.execute("SELECT body FROM entry ORDER BY idx")]
    log.serve()
    monitor = Monitor(tmp_path, log.url, log.vkey)
    (monitor.home / "sallyport.context.json").write_text(
        json.dumps({"server": log.url, "ca": "", "staff": "rea"}), encoding="utf-8"
    )
    token = monitor.home / "staff.token"
    token.touch(0o600)
    token.write_text(json.dumps({"server": log.url, "token": "a-token"}))
    log.monitor = monitor
    yield log
    log.stop()


def test_a_ledger_in_use_raises_no_alarm(site, own):
    for _ in range(3):
        own.quiet()
        before = own.seen()
        site.sign_in("tom")
        own.quiet()
        assert own.seen() > before
    told = json.loads(own.state.read_text())
    assert told["ruled"] == own.seen(), "every entry was ruled upon"


def test_without_a_session_the_hashes_are_followed_and_entries_are_not_read(site, own, tmp_path):
    own.home = tmp_path / "nobody"
    own.home.mkdir()
    own.options.append("--hashes-only")
    own.quiet()
    own.options.remove("--hashes-only")
    own.options += ["--unreachable-after", "0"]
    assert own.alarm()[0] == "unreachable"


def test_an_entry_that_breaks_a_rule_is_an_alarm_though_everything_is_signed(copy):
    copy.monitor.quiet()
    last = json.loads(copy.entries[-1])
    of_staff = [json.loads(e) for e in copy.entries if json.loads(e)["stream"] == "staff/rea"]
    forged = dict(of_staff[-1], at=last["at"], version=of_staff[-1]["version"] + 1)  # the same sign-in once more
    copy.entries.append(json.dumps(forged, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    kind, text = copy.monitor.alarm()
    assert kind == "ruling"
    assert text == f"entry {len(copy.entries) - 1}: a sign-in was used for a second token"
    copy.monitor.quiet()  # told, and remembered as told
    assert copy.monitor.seen() == len(copy.entries)


def test_an_entry_that_is_served_otherwise_than_it_was_signed_is_an_alarm(copy):
    copy.shown[3] = copy.entries[3][:-1] + b" "
    kind, text = copy.monitor.alarm()
    assert (kind, text) == ("entry", "entry 3: it is served otherwise than it was signed")
    del copy.shown[3]
    copy.monitor.quiet()


def test_a_fork_that_a_key_holder_serves_is_an_alarm_also_to_who_reads_entries(copy):
    copy.monitor.quiet()
    del copy.entries[-2]
    assert copy.monitor.alarm()[0] == "rollback"
    copy.entries += [copy.entries[-1]] * 2
    assert copy.monitor.alarm()[0] == "fork"
