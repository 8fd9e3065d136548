"""What the watcher of the kill tests is there to see: each thing planted once, in a made-up ledger and directory."""

import hashlib
import json
import sqlite3

import pytest

from framework.watcher import Watcher


class MadeUp:
    """A ledger of rows and a directory of markers, without processes."""

    def __init__(self, file):
        self.file, self.directory, self.markers = file, self, []
        with self.database() as db:
            db.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf BLOB, body BLOB)")
        self.size = 0

    def database(self):
        return sqlite3.connect(self.file)

    def new_markers(self):
        new, self.markers = self.markers, []
        return new

    def write(self, kind, case="one", **body):
        data = json.dumps({"kind": kind, "stream": f"case/{case}", "body": body}).encode()
        with self.database() as db:
            leaf = hashlib.sha256(b"\0" + data).digest()
            db.execute("INSERT INTO entry VALUES (?, ?, ?)", (self.size, leaf, data))
        self.size += 1

    def act(self, number, outcome="done"):
        self.write("intent_recorded", execution=f"x{number}", marker_to=f"{number}:x{number}")
        self.markers.append(f"{number}:x{number}")
        self.write("outcome_recorded", execution=f"x{number}", outcome=outcome)


@pytest.fixture
def site(tmp_path):
    return MadeUp(tmp_path / "made-up.sqlite")


def test_what_is_right_is_let_pass(site):
    watcher = Watcher(site)
    watcher.told("intent_recorded", "one")
    site.act(1)
    site.write("intent_recorded", execution="x2", marker_to="2:x2")
    site.markers.append("f2:x2")
    site.write("outcome_recorded", execution="x2", outcome="not_done")
    assert watcher.settled() == 1


def lost_answer(site):
    site.act(1)


def lost_entry(site):
    site.act(1)
    yield
    with site.database() as db:
        db.execute("DELETE FROM entry WHERE idx = 1")


def lost_in_the_middle(site):
    site.write("intent_recorded", execution="x1", marker_to="1:x1")
    site.size += 1
    site.write("outcome_recorded", execution="x1", outcome="not_done")


def changed_entry(site):
    site.act(1)
    with site.database() as db:
        db.execute("UPDATE entry SET body = x'7b7d' WHERE idx = 1")


def written_twice(site):
    site.act(1)
    site.markers.append("1:x1")


def intended_twice(site):
    site.act(1)
    site.act(1)


def written_without_an_intent(site):
    site.markers.append("1:x1")


def fenced_without_an_intent(site):
    site.markers.append("f1:x1")


def done_and_fenced(site):
    site.act(1)
    site.markers.append("f1:x1")


def not_done_and_yet_written(site):
    site.act(1, "not_done")
    yield


def done_and_never_written(site):
    site.act(1)
    site.markers.clear()
    yield


def silent(site):
    site.write("intent_recorded", execution="x1", marker_to="1:x1")


def unknown_for_good(site):
    site.act(1, "unknown")


PLANTED = {
    lost_answer: "was acknowledged, and is lost",
    lost_entry: "entry 1 is not what it was",
    lost_in_the_middle: "entry 1 is missing",
    changed_entry: "does not hash to its leaf",
    written_twice: "was written 2 times",
    intended_twice: "was intended twice",
    written_without_an_intent: "was written without an intent",
    fenced_without_an_intent: "for nothing that the ledger knows",
    done_and_fenced: "done, and fenced",
    not_done_and_yet_written: "is said not to be done, and was",
    done_and_never_written: "is said to be done, and was not",
    silent: "has no outcome",
    unknown_for_good: "is not known",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_wrong_is_seen(site, plant):
    watcher = Watcher(site)
    if plant is lost_answer:
        watcher.told("case_closed", "one")
    with pytest.raises(AssertionError, match=PLANTED[plant]):
        for _ in plant(site) or ():
            watcher.look()
        watcher.settled()
