"""The n-th call fails, for n = 1, 2, 3, ... until a whole case goes by without it: once, and from then on.

    /usr/bin/python3 -m pytest tests/functional/test_nth_failure.py -s [--fault-points N] [-k daemon-writing]

A password reset, a refused one, one that the holder objects to, and the start of either process, over a file layer that
fails (framework/faults.py). Whatever fails: nothing acknowledged is lost, nothing is done twice or without an entry, a
process that ends is started again and goes on by itself, and sallyport-audit finds the ledger sound. Of each row the
run takes --fault-points of all the calls there are, spread evenly from a seed; 0 takes every one.
"""

import errno
import os
import random
import secrets
import threading
import time

import pytest

from framework.client import Unreachable
from framework.directories import Embedded
from framework.faults import put_under
from framework.processes import Keeper
from framework.site import PATIENCE, QUICK_POLICY, Site, eventually
from framework.storm import Attempt, Away, ask
from framework.watcher import Watcher

SEED = int(os.environ.get("SALLYPORT_SEED", secrets.randbelow(1_000_000)))
LOGINS = [f"person{n}" for n in range(6)]
PLAYED_AGAIN = 3
STICKY_FOR = 0.25  # seconds; long enough for a daemon to be started again several times

# The daemon's, or the executor's; what fails; on which files; how.
ROWS = [
    ("daemon", "writing", "ledger", "gives_error", errno.EIO),
    ("daemon", "writing", "ledger", "gives_error", errno.ENOSPC),
    ("daemon", "writing", "ledger", "is_cut_short", errno.EIO),
    ("daemon", "writing", "ledger", "dies_within", errno.EIO),
    ("daemon", "syncing", "ledger", "gives_error", errno.EIO),
    ("daemon", "syncing", "ledger", "dies_before", errno.EIO),
    ("daemon", "syncing", "ledger", "dies_after", errno.EIO),
    ("daemon", "reading", "ledger", "gives_error", errno.EIO),
    ("daemon", "reading", "ledger", "is_cut_short", errno.EIO),
    ("daemon", "locking", "ledger", "gives_error", errno.ENOLCK),
    ("daemon", "chance", "elsewhere", "gives_error", errno.EIO),
    ("daemon", "memory", "elsewhere", "gives_error", errno.ENOMEM),
    ("daemon", "tls_memory", "elsewhere", "gives_error", errno.ENOMEM),
    ("daemon", "sending", "elsewhere", "gives_error", errno.ECONNRESET),
    ("daemon", "sending", "elsewhere", "dies_after", errno.EIO),
    ("daemon", "receiving", "elsewhere", "gives_error", errno.ECONNRESET),
    ("executor", "writing", "directory", "gives_error", errno.EIO),
    ("executor", "writing", "directory", "gives_error", errno.ENOSPC),
    ("executor", "writing", "directory", "is_cut_short", errno.EIO),
    ("executor", "writing", "directory", "dies_within", errno.EIO),
    ("executor", "syncing", "directory", "gives_error", errno.EIO),
    ("executor", "syncing", "directory", "dies_after", errno.EIO),
    ("executor", "reading", "ledger", "gives_error", errno.EIO),
    ("executor", "locking", "ledger", "gives_error", errno.ENOLCK),
    ("executor", "chance", "elsewhere", "gives_error", errno.EIO),
    ("executor", "memory", "elsewhere", "gives_error", errno.ENOMEM),
    ("executor", "sending", "elsewhere", "gives_error", errno.ECONNRESET),
    ("executor", "sending", "elsewhere", "dies_after", errno.EIO),
    ("executor", "receiving", "elsewhere", "gives_error", errno.ECONNRESET),
]
STARTS = [
    ("opening", "ledger", "gives_error", errno.EIO),
    ("opening", "clock_file", "gives_error", errno.ENOSPC),
    ("opening", "directory", "gives_error", errno.EMFILE),
    ("opening", "elsewhere", "gives_error", errno.EMFILE),
    ("writing", "clock_file", "gives_error", errno.ENOSPC),
    ("writing", "clock_file", "is_cut_short", errno.ENOSPC),
    ("writing", "clock_file", "dies_within", errno.EIO),
    ("reading", "ledger", "gives_error", errno.EIO),
    ("reading", "ledger", "is_cut_short", errno.EIO),
    ("reading", "directory", "gives_error", errno.EIO),
    ("renaming", "clock_file", "gives_error", errno.EIO),
    ("mapping", "ledger", "gives_error", errno.ENOMEM),
    ("locking", "ledger", "gives_error", errno.ENOLCK),
    ("memory", "elsewhere", "gives_error", errno.ENOMEM),
    ("tls_memory", "elsewhere", "gives_error", errno.ENOMEM),
    ("connecting", "elsewhere", "gives_error", errno.ECONNREFUSED),
]


class Refused(Attempt):
    """Whoever asked for it approves it, and is told no; then it is given up."""

    def approve(self):
        try:
            body = self.site.approve_body(self.case.id, "tess")
        except (Unreachable, AssertionError) as error:
            raise Away(str(error)) from error
        answer = ask(self.site.staff["tess"].post, f"/v1/cases/{self.case.id}/approvals", body)
        assert answer.status in (403, 409), answer
        self.watcher.told("refusal_recorded", self.case.id)
        self.cancel()

    opened_by = "tess"


class Objected(Attempt):
    """The holder is reached while an approval is awaited, and has asked for nothing."""

    def approve(self):
        heard = ask(self.case.agent.post, f"/v1/cases/{self.case.id}/objection", {"through": "callback"})
        if heard.status == 200:
            self.watcher.told("holder_objected", self.case.id)


KINDS = {"reset": Attempt, "refused": Refused, "objected": Objected}


class Bench:
    def __init__(self, site, points):
        self.site, self.points, self.random = site, points, random.Random(SEED)
        self.faults = dict(zip(("daemon", "executor"), put_under(site), strict=True))
        self.keeper, self.watcher = Keeper(site), Watcher(site)
        self.struck = self.tried = self.turn = 0

    def attempt(self, kind):
        self.turn += 1
        login = LOGINS[self.turn % len(LOGINS)]
        attempt = KINDS[kind](self.site, login, "password_reset", threading.Event(), self.watcher)
        errors = []

        def run():
            try:
                attempt.run()
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return attempt, thread, errors

    def calls_of(self, faults, work):
        before = faults.counted()
        work()
        return {key: n - before[key] for key, n in faults.counted().items()}

    def some_of(self, total):
        """Which of the calls 1..total fail in this run."""
        if not total:
            return []
        if not self.points or self.points >= total:
            return range(1, total + 1)
        step = total / self.points
        return [1 + int(step * i + self.random.random() * step) for i in range(self.points)]

    def clean_case(self, kind):
        """A whole one: a mail that is late may end a case before the executor has anything to do."""
        for _ in range(PLAYED_AGAIN):
            attempt, thread, errors = self.attempt(kind)
            thread.join()
            if errors:
                raise errors[0]
            if kind != "reset" or attempt.result == "done":
                return attempt
        raise AssertionError(f"{PLAYED_AGAIN} resets in a row were not done, and nothing failed: {attempt.result}")

    def case_point(self, row, kind, n, sticky):
        name, call, place, effect, error = row
        faults = self.faults[name]
        faults.arm(call, n, [place], effect, sticky, error)
        attempt, thread, errors = self.attempt(kind)
        struck_at = None
        while thread.is_alive():
            if faults.fired() and struck_at is None:
                struck_at = time.monotonic()
            if struck_at and time.monotonic() > struck_at + STICKY_FOR:
                break
            thread.join(0.005)
        fired = faults.disarm()
        thread.join(PATIENCE * 2)
        where = f"seed {SEED}: {row}, {kind}, call {n}, {'sticky' if sticky else 'once'}"
        assert not thread.is_alive(), f"{where}: nothing goes on; {self.logged(name)}"
        if errors:
            raise AssertionError(f"{where}: {self.logged(name)}") from errors[0]
        self.looked(where)
        self.tried += 1
        self.struck += fired > 0
        return fired > 0 or attempt.result == "done"

    def start_point(self, name, row, n, sticky):
        call, place, effect, error = row
        faults, process = self.faults[name], getattr(self.site, name)
        with self.keeper.held:
            process.kill()
            faults.arm(call, n, [place], effect, sticky, error)
            process.start()
        began = time.monotonic()
        while not faults.fired() and time.monotonic() < began + 0.25 and process.running():
            time.sleep(0.003)
        time.sleep(0.1 if sticky else 0.01)
        fired = faults.disarm()
        where = f"seed {SEED}: start of {name}, {row}, call {n}, {'sticky' if sticky else 'once'}"
        try:
            eventually(self.working, where, within=60, every=0.01)
        except AssertionError as failed:
            raise AssertionError(f"{where}: {self.logged(name)}") from failed
        self.looked(where)
        self.tried += 1
        self.struck += fired > 0

    def working(self):
        """Both processes answer: the account is the executor's to look up."""
        try:
            explained = ask(self.site.root.post, "/v1/policy/explain", {"account": LOGINS[0], "action": "unlock"})
            return explained.status == 200
        except Away:
            return False

    def logged(self, name):
        return getattr(self.site, name).logged()[-1500:]

    def looked(self, where):
        try:
            self.watcher.look()
        except AssertionError as wrong:
            raise AssertionError(f"{where}: {wrong}") from wrong

    def audit(self):
        eventually(self.working, "the site works")
        report = self.site.verify(self.site.export())
        assert report["sound"], report["findings"]
        return report

    def stop(self):
        self.keeper.stop()
        self.site.stop()


@pytest.fixture(scope="module")
def bench(programs, tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("failing")
    site = Site(folder, Embedded(folder, LOGINS), QUICK_POLICY)
    print(f"\nSALLYPORT_SEED={SEED}")
    bench = Bench(site, request.config.getoption("--fault-points"))
    yield bench
    bench.stop()
    print(f"\n{bench.struck} of {bench.tried} points struck; processes ended: {sorted(bench.keeper.ends.items())}")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r[0]}-{r[1]}-{r[2]}-{r[3]}-{errno.errorcode[r[4]]}")
def test_a_case_whose_nth_call_fails(bench, row):
    name, call, place = row[:3]
    began, struck = time.monotonic(), bench.struck
    totals = []
    for kind in KINDS:
        total = bench.calls_of(bench.faults[name], lambda kind=kind: bench.clean_case(kind))[call, place]
        totals.append(total)
        for sticky in (False, True):
            for n in bench.some_of(total):
                for _ in range(PLAYED_AGAIN):
                    if bench.case_point(row, kind, n, sticky) or kind != "reset":
                        break
    assert bench.struck > struck, f"{row}: no call of that kind in any case"
    bench.audit()
    print(f"{row}: of {totals} calls {bench.struck - struck} points in {time.monotonic() - began:.0f} s")


@pytest.mark.parametrize("row", STARTS, ids=lambda r: f"{r[0]}-{r[1]}-{r[2]}-{errno.errorcode[r[3]]}")
def test_a_start_whose_nth_call_fails(bench, row):
    call, place = row[:2]
    began, struck = time.monotonic(), bench.struck
    totals = []
    for name in ("daemon", "executor"):

        def start(name=name):
            with bench.keeper.held:
                getattr(bench.site, name).kill_and_restart()
            eventually(bench.working, "it starts", every=0.01)

        total = bench.calls_of(bench.faults[name], start)[call, place]
        totals.append(total)
        for sticky in (False, True):
            for n in bench.some_of(total):
                bench.start_point(name, row, n, sticky)
    assert bench.struck > struck, f"{row}: no call of that kind in any start"
    bench.audit()
    print(f"start, {row}: of {totals} calls {bench.struck - struck} points in {time.monotonic() - began:.0f} s")


def test_what_waits_for_the_disk_is_not_shown(bench):
    """An agent cancels a case while the disk is slow: until that is on disk the case is open to whoever asks."""
    case = bench.site.open(LOGINS[0])
    faults = bench.faults["daemon"]
    faults.arm("syncing", 1, ["ledger"], "waits", error=1000)
    cancelling = threading.Thread(target=case.cancel)
    cancelling.start()
    eventually(faults.fired, "the disk is asked", every=0.005)
    shown = case.show()["phase"]
    assert cancelling.is_alive() and shown == "verifying", shown
    cancelling.join()
    faults.disarm()
    assert case.show()["phase"] == "closed"


def test_afterwards_everything_is_answered_for(bench):
    done = bench.watcher.settled()
    assert done > 0
    assert bench.audit()["executed"] == done
    works = bench.clean_case("reset")
    assert works.result == "done" and bench.site.directory.lets_in(works.login, works.passwords[-1])
