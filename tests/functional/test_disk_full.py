"""The disk is full, of the ledger, of the executor, of what is temporary, and then there is room again.

    /usr/bin/python3 -m pytest tests/functional/test_disk_full.py -s

Each is a small tmpfs of its own, mounted where nobody but this process and those it starts see it: for that the test
has to be root, or it fails and says so. A filler takes what is left while cases are played; nothing is done without a
durable entry, and as soon as there is room everything goes on without anybody's doing.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import threading
import time

import pytest

from framework.directories import Embedded
from framework.site import BIN, QUICK_POLICY, Site, eventually
from framework.storm import Attempt
from framework.processes import Keeper, Process
from framework.watcher import Watcher

LOGINS = ["maya", "noor", "olga"]
ROUNDS = 3
KB = 1024


def mount_apart():
    """From here on mounts are this thread's and its children's own, and end with them."""
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newns = 0x00020000
    assert libc.unshare(clone_newns) == 0, f"a disk of its own takes root: {os.strerror(ctypes.get_errno())}"
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def small_disk(folder, kilobytes):
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=700", "tmpfs", folder], check=True)


class Filler:
    """Takes all that is left of a disk but `leave` bytes, again and again, until there is to be room."""

    def __init__(self, disk):
        self.file = disk / "filler"

    def fill(self, leave=0):
        with open(self.file, "wb", buffering=0) as out:
            for size in (64 * KB, 4 * KB):
                with contextlib.suppress(OSError):  # the disk is full, as it was to be
                    while True:
                        out.write(b"\0" * size)
            if leave:
                out.truncate(max(0, out.tell() - leave))

    def go(self):
        self.file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    mount_apart()
    folder = tmp_path_factory.mktemp("full")
    small_disk(folder / "ledger-disk", 16 * KB)
    small_disk(folder / "executor-disk", 2 * KB)
    small_disk(folder / "temporary", 256)
    site = Site(folder, Embedded(folder, LOGINS), QUICK_POLICY)
    site.stop_processes()
    move(site, folder)
    environment = ["/usr/bin/env", f"TMPDIR={folder / 'temporary'}", f"SQLITE_TMPDIR={folder / 'temporary'}"]
    for name, program in (("daemon", "sallyportd"), ("executor", "sallyport-exec")):
        words = [*environment, BIN / program, site.folder / f"{program}.yaml"]
        setattr(site, name, Process(words, getattr(site, name).log))
    site.start()
    site.keeper, site.watcher = Keeper(site), Watcher(site)
    yield site
    site.keeper.stop()
    site.stop()
    for name in ("ledger-disk", "executor-disk", "temporary"):
        subprocess.run(["umount", folder / name], check=True)


def move(site, folder):
    """The ledger onto one disk; the executor's directory, key and clock onto another."""
    ledger, executor = folder / "ledger-disk", folder / "executor-disk"
    for file in site.folder.glob("ledger.sqlite*"):
        shutil.move(file, ledger / file.name)
        (site.folder / file.name).symlink_to(ledger / file.name)
    shutil.move(site.directory.file, executor)
    site.directory.file = executor / site.directory.file.name
    shutil.copy2(site.folder / "keys" / "executor.key", executor)
    for name, changes in {
        "sallyportd": {"store: ": ledger / "ledger.sqlite"},
        "sallyport-exec": {
            "store: ": ledger / "ledger.sqlite",
            "key: ": executor / "executor.key",
            "  file: ": site.directory.file,
        },
    }.items():
        config = site.folder / f"{name}.yaml"
        lines = config.read_text().splitlines()
        for start, path in changes.items():
            assert sum(line.startswith(start) for line in lines) == 1, (start, lines)
            lines = [f"{start}{path}" if line.startswith(start) else line for line in lines]
        config.write_text("\n".join(lines) + "\n")


def attempt(site, number):
    played = Attempt(site, LOGINS[number % len(LOGINS)], "password_reset", threading.Event(), site.watcher)
    errors = []

    def run():
        try:
            played.run()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return played, thread, errors


@pytest.mark.parametrize("disk", ["ledger-disk", "executor-disk", "temporary"])
def test_a_full_disk_stops_deeds_and_room_lets_them_go_on(site, disk):
    filler = Filler(site.base / disk)
    for number in range(ROUNDS):
        leave = (0, 24 * KB, 96 * KB)[number]  # full at once, or somewhere in the middle of the case
        played, thread, errors = attempt(site, number)
        time.sleep(0.05 * number)
        filler.fill(leave)
        thread.join(1.5)
        if disk == "executor-disk" and leave == 0:  # the last page of the directory's file takes a few frames more
            for _ in range(16):
                if thread.is_alive():
                    break
                played, thread, errors = attempt(site, number)
                thread.join(1.5)
            assert thread.is_alive(), "the directory's disk is full, and takes whatever comes"
        before = len(site.watcher.intents)
        site.watcher.look()
        if disk == "ledger-disk" and leave == 0:
            assert thread.is_alive(), "a case went by, and nothing could be written"
            assert len(site.watcher.intents) == before, "something was begun, and nothing could be written"
        filler.go()
        thread.join(150)
        assert not thread.is_alive(), f"{disk}: nothing goes on; {site.daemon.logged()[-800:]}"
        assert not errors, (disk, errors, site.executor.logged()[-800:])
        site.watcher.look()
        assert played.result == "done" or disk != "temporary", played.result
    eventually(lambda: site.daemon.running() and site.executor.running(), "both run")
    site.wait_healthy()
    after, thread, errors = attempt(site, 0)
    thread.join(150)
    assert not errors and after.result == "done", (errors, after.result)
    site.watcher.settled()
    report = site.verify(site.export())
    assert report["sound"], report["findings"]
    print(f"{disk}: full {ROUNDS} times; ends of processes so far: {sorted(site.keeper.ends.items())}")

