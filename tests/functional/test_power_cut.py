"""The power goes at any moment: what was not flushed is lost, torn or out of order, and what was told is there.

    SALLYPORT_SEED=7 /usr/bin/python3 -m pytest tests/functional/test_power_cut.py -s [--power-cuts 100000]

Real processes play cases, are stopped, killed and started again, while a file layer writes down what they do to their
files. tests/faults/power_cut.cc makes disks of that as a power cut leaves them, and opens each with the code of ours.
"""

import os
import pathlib
import random
import secrets
import shutil
import subprocess
import tempfile
import threading
import time

import pytest

from framework.directories import Embedded
from framework.faults import put_under
from framework.processes import Process
from framework.site import BIN, QUICK_POLICY, Site, eventually
from framework.storm import Attempt
from framework.watcher import Watcher

SEED = int(os.environ.get("SALLYPORT_SEED", secrets.randbelow(1_000_000)))
LOGINS = ["maya", "noor", "olga", "pavel"]
POWER_CUT = BIN.parent / "test" / "power_cut"


class Told:
    """How many entries somebody may have been told of, at which place of the trace."""

    def __init__(self, site, trace, file):
        self.site, self.trace, self.file, self.over = site, trace, file, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with open(self.file, "w") as out:
            known = 0
            while not self.over.is_set():
                with self.site.database() as db:
                    entries = db.execute("SELECT count(*) FROM entry").fetchone()[0]
                db.close()
                if entries != known and self.trace.exists():
                    known = entries
                    out.write(f"{self.trace.stat().st_size} {entries}\n")  # its size after the entries were seen
                time.sleep(0.002)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def play(site, watcher, cases):
    for number in range(cases):
        login = LOGINS[number % len(LOGINS)]
        attempt = Attempt(site, login, "unlock" if number % 5 == 4 else "password_reset", threading.Event(), watcher)
        attempt.run()
        assert attempt.result == "done", attempt.result


@pytest.fixture(scope="module")
def recorded(programs, tmp_path_factory):
    assert POWER_CUT.exists(), f"{POWER_CUT} is not built: scripts/build"
    folder = tmp_path_factory.mktemp("power")
    site = Site(folder, Embedded(folder, LOGINS), QUICK_POLICY)
    site.stop_processes()
    shutil.copytree(site.folder, folder / "base")
    trace = folder / "trace"
    put_under(site, trace)
    watcher, chance = Watcher(site), random.Random(SEED)
    with Told(site, trace, folder / "durable"):
        stop = site.stop_processes
        for ending in (stop, site.daemon.kill, site.executor.kill, stop, site.daemon.kill):
            play(site, watcher, chance.randint(2, 5))
            ending()
            site.start()
        play(site, watcher, 4)
        time.sleep(0.05)
    site.stop_processes()
    in_memory = pathlib.Path("/dev/shm")  # nothing has to be flushed for good there
    with tempfile.TemporaryDirectory(dir=in_memory if in_memory.exists() else folder) as images:
        site.image = pathlib.Path(images) / "image"
        yield site
    site.stop()


def cut(site, images, *more):
    words = [POWER_CUT, site.base, "--images", str(images), "--seed", str(SEED), "--in", site.image, *more]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=max(600, images // 10))
    print(f"\nSALLYPORT_SEED={SEED}: {ran.stdout[-3000:]}{ran.stderr[-2000:]}")
    return ran


def test_nothing_that_was_told_is_lost(recorded, request, tmp_path):
    ran = cut(recorded, request.config.getoption("--power-cuts"), "--keep", tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    kept = sorted(tmp_path.glob("*.sallyport"))
    assert kept
    for file in kept[:: max(1, len(kept) // 40)]:
        report = recorded.verify(file)
        assert report["sound"], (file, report["findings"])


def test_a_disk_that_loses_what_it_flushed_is_noticed(recorded):
    ran = cut(recorded, 50, "--plant")
    assert ran.returncode == 1 and "entries were told of" in ran.stdout, ran.stdout + ran.stderr


def test_the_processes_go_on_after_a_cut(recorded):
    """The image that was opened last, under both daemons."""
    site, image = recorded, recorded.image
    assert cut(site, 20).returncode == 0
    for file in image.iterdir():
        shutil.copy2(file, site.folder)
    for file in site.folder.glob("*-shm"):
        file.unlink()
    for name, program in (("daemon", "sallyportd"), ("executor", "sallyport-exec")):
        process = getattr(site, name)
        setattr(site, name, Process([BIN / program, site.folder / f"{program}.yaml"], process.log))
    site.start()
    for name in ("root", "tom", "ada", "rea"):
        site.sign_in(name)

    def nothing_is_open():
        cases = site.root.get_ok("/v1/cases?state=open")["cases"]
        for case in cases:
            site.root.post(f"/v1/cases/{case['case']}/cancel", {"detail": "after the cut"})
        return not cases

    eventually(nothing_is_open, "what was begun is found out")
    play(site, Watcher(site), 2)
    assert site.verify(site.export("after.sallyport"))["sound"]
