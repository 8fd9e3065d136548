"""What may never be seen beside a site whose processes and disks fail: looked at after each failure.

Ledger and directory are read from outside: the ledger's rows by SQLite, the directory's writes from its own log.
"""

import collections
import hashlib
import json
import threading


class Watcher:
    """One site, from its beginning. `told()` by whoever got an answer, `look()` after something died."""

    def __init__(self, site):
        self.site = site
        self.lock = threading.Lock()
        self.promised = collections.Counter()  # (kind, case): how often people were told that it is so
        self.found = collections.Counter()  # (kind, case): how often it stands in the ledger
        self.size, self.last_leaf = 0, None
        self.intents, self.outcomes = {}, collections.defaultdict(list)
        self.markers = collections.Counter()  # every marker that the directory was seen to take
        self.looks = 0

    def told(self, kind, case):
        with self.lock:
            if kind != "case_closed" or not self.promised[kind, case]:  # which happens once, and is read often
                self.promised[kind, case] += 1

    def look(self):
        """Raises when something acknowledged is lost, something is doubled, or was done without an entry."""
        with self.lock:
            promised = dict(self.promised)
        said_to_be = {execution: list(outcomes) for execution, outcomes in self.outcomes.items()}
        for marker in self.site.directory.new_markers():
            self.markers[marker] += 1
        self.read_ledger()
        self.looks += 1

        for (kind, case), times in promised.items():
            assert self.found[kind, case] >= times, f"{case}: {kind} was acknowledged, and is lost"
        wanted = {intent["marker_to"]: execution for execution, intent in self.intents.items()}
        for marker, times in self.markers.items():
            assert times == 1, f"{marker} was written {times} times"
            if marker.startswith("f"):
                execution = marker.partition(":")[2]
                assert execution in self.intents, f"{marker} was written for nothing that the ledger knows"
                assert self.intents[execution]["marker_to"] not in self.markers, f"{marker}: done, and fenced"
            else:
                assert marker in wanted, f"{marker} was written without an intent"
        for execution, outcomes in said_to_be.items():
            marker = self.intents[execution]["marker_to"]
            for outcome in outcomes:
                if outcome["outcome"] == "done":
                    assert marker in self.markers, f"{execution} is said to be done, and was not"
                if outcome["outcome"] == "not_done":
                    assert marker not in self.markers, f"{execution} is said not to be done, and was"

    def read_ledger(self):
        with self.site.database() as db:
            if self.size:
                row = db.execute("SELECT leaf FROM entry WHERE idx = ?", (self.size - 1,)).fetchone()
                assert row and row[0] == self.last_leaf, f"entry {self.size - 1} is not what it was"
            rows = db.execute("SELECT idx, leaf, body FROM entry WHERE idx >= ? ORDER BY idx", (self.size,)).fetchall()
        db.close()
        for index, leaf, data in rows:
            assert index == self.size, f"entry {self.size} is missing"
            assert hashlib.sha256(b"\0" + data).digest() == leaf, f"entry {index} does not hash to its leaf"
            self.size, self.last_leaf = index + 1, leaf
            self.note(json.loads(data))

    def note(self, entry):
        kind, case, body = entry["kind"], entry["stream"].removeprefix("case/"), entry["body"]
        self.found[kind, case] += 1
        if kind == "intent_recorded":
            assert body["execution"] not in self.intents, f"{body['execution']} was intended twice"
            self.intents[body["execution"]] = body
        if kind == "outcome_recorded":
            assert body["execution"] in self.intents, f"{body['execution']}: an outcome of nothing"
            self.outcomes[body["execution"]].append(body)

    def settled(self):
        """Of a site that was left alone: nothing is silent. Gives how many deeds were done."""
        self.look()
        self.look()  # the outcomes that the first look found
        for execution in self.intents:
            assert self.outcomes[execution], f"{execution} has no outcome"
            assert self.outcomes[execution][-1]["outcome"] != "unknown", f"{execution} is not known"
        done = {e for e in self.intents if self.outcomes[e][-1]["outcome"] == "done"}
        written = {e for e in self.intents if self.intents[e]["marker_to"] in self.markers}
        assert done == written, f"{done ^ written}: the directory and the ledger do not agree"
        return len(done)
