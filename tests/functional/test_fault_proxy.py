"""Every message between executor, directory and daemon is lost, cut, doubled or late, one after the other.

    SALLYPORT_SEED=7 /usr/bin/python3 -m pytest tests/functional/test_fault_proxy.py -s [--proxy-pairs N]

Look, intent, write, read-back, fence and outcome: of each case one message suffers, and then two, the second while the
executor finds out about the first. In the end the case is done or it is not, once, and slapd's own log of its writes
says the same as the ledger.
"""

import collections
import itertools
import os
import queue
import random
import secrets
import threading

import pytest

from framework.fault_proxy import FAULTS, SLOW, between_executor_and_daemon, between_executor_and_slapd
from framework.site import QUICK_POLICY, Site, new_password
from framework.watcher import Watcher

SEED = int(os.environ.get("SALLYPORT_SEED", secrets.randbelow(1_000_000)))
LOGINS = ["zoe.crane", "kit.penrose", "ines.marlow", "dana.reed"]


class Behind:
    """slapd as one site sees it: behind a proxy of its own, and one account of it."""

    def __init__(self, slapd, login):
        self.slapd, self.login, self.place = slapd, login, 0
        self.proxy, self.url = between_executor_and_slapd(slapd)

    def __getattr__(self, name):
        return getattr(self.slapd, name)

    def init_arguments(self):
        words = self.slapd.init_arguments()
        words[words.index("--ldap-url") + 1] = self.url
        return words

    def new_markers(self):
        markers, self.place = self.slapd.markers_from(self.place, [self.login])
        return markers


class Lane:
    """A site of its own, so that its faults are its own."""

    def __init__(self, folder, slapd, login):
        self.login = login
        self.site = Site(folder, Behind(slapd, login), QUICK_POLICY)
        self.site.stop_processes()
        self.proxies = {"slapd": self.site.directory.proxy, "daemon": between_executor_and_daemon(self.site)}
        self.site.start()
        self.watcher = Watcher(self.site)
        self.password = slapd.passwords[login]
        self.results = collections.Counter()

    def recover(self, where=None, faults=()):
        """A password reset; the `faults` begin with the approval. Gives the messages that went by."""
        case = self.site.open(self.login).join()
        case.passes("mail_code", case.mailed_code())
        password = new_password()
        case.seal(password)
        body = self.site.approve_body(case.id)
        for name, proxy in self.proxies.items():
            proxy.arm(*(faults if name == where else ()))
        approved = self.site.staff["ada"].post(f"/v1/cases/{case.id}/approvals", body)
        assert approved.status == 200, approved
        result = case.wait_closed(within=180)["result"]
        struck = [proxy.struck for proxy in self.proxies.values()]
        seen = {name: list(proxy.seen) for name, proxy in self.proxies.items()}
        for proxy in self.proxies.values():
            proxy.arm()
        self.watcher.settled()
        if result == "done":
            self.password = password
        assert result in ("done", "failed"), result
        assert self.site.directory.lets_in(self.login, self.password), f"{result}, and another password"
        self.results[result] += 1
        return seen, [s for of in struck for s in of]

    def stop(self):
        self.site.stop()
        for proxy in self.proxies.values():
            proxy.stop()


@pytest.fixture(scope="module")
def lanes(slapd, tmp_path_factory):
    made = [Lane(tmp_path_factory.mktemp(f"lane{n}"), slapd, login) for n, login in enumerate(LOGINS)]
    print(f"\nSALLYPORT_SEED={SEED}")
    yield made
    for lane in made:
        lane.stop()


def work_through(lanes, points):
    """Each (where, faults) on some lane; the words for what went wrong, and how often each kind of message suffered."""
    waiting, wrong, struck = queue.SimpleQueue(), [], collections.Counter()
    for point in points:
        waiting.put(point)

    def work(lane):
        while not wrong:
            try:
                where, faults = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                struck.update((where, *one) for one in lane.recover(where, faults)[1])
            except BaseException as error:
                wrong.append(f"seed {SEED}: {where}, {faults}: {error!r}")

    threads = [threading.Thread(target=work, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong, struck


def messages_of_a_case(lanes):
    seen, _ = lanes[0].recover()
    assert "write" in seen["slapd"] and "search" in seen["slapd"], seen
    assert seen["daemon"] == ["record_intent", "record_outcome"], seen
    return seen


def test_each_message_suffers_everything(lanes):
    seen = messages_of_a_case(lanes)
    points = [(w, [(n, fault)]) for w in seen for n in range(1, len(seen[w]) + 1) for fault in FAULTS]
    random.Random(SEED).shuffle(points)
    points.sort(key=lambda point: point[1][0][1] not in SLOW)  # the longest first
    wrong, struck = work_through(lanes, points)
    assert not wrong, wrong
    for fault in FAULTS:
        assert struck["slapd", "write", fault] and struck["slapd", "search", fault], (fault, struck)
        assert struck["daemon", "record_intent", fault] and struck["daemon", "record_outcome", fault], (fault, struck)
    results = sum((lane.results for lane in lanes), collections.Counter())
    print(f"{len(points)} points, {sum(struck.values())} struck, cases: {dict(results)}")


def test_finding_out_about_a_write_suffers_too(lanes, request):
    """The write is lost or its answer is; then something of what follows, as the fence."""
    seen = messages_of_a_case(lanes)
    write = seen["slapd"].index("write") + 1
    firsts, quick = ("reset_before", "reset_after"), [f for f in FAULTS if f not in SLOW]
    pairs = [
        ("slapd", [(write, first), (write + after, second)])
        for first, after, second in itertools.product(firsts, range(1, 6), quick)
    ]
    random.Random(SEED).shuffle(pairs)
    pairs = pairs[: request.config.getoption("--proxy-pairs")]
    wrong, struck = work_through(lanes, pairs)
    assert not wrong, wrong
    assert sum(n for (_, kind, _), n in struck.items() if kind == "fence"), struck
    print(f"{len(pairs)} pairs, {sum(struck.values())} struck: {dict(struck)}")


def test_after_all_of_this_the_ledgers_are_sound(lanes):
    for lane in lanes:
        report = lane.site.verify(lane.site.export())
        assert report["sound"], report["findings"]
        assert report["executed"] == lane.watcher.settled() == lane.results["done"]
