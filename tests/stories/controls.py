"""Controls of rp-1.yaml, each changed by itself, and the stories that turn red by it.

The rows are read off the policy: every value in it is changed in every way there is, one at a time. A number goes to
the next weaker one; a word, a rule, an approver or a part of a condition is left out, which makes it weaker, or lets it
ask of those it is not meant for. So a line that is added has its rows at once, and a row that turns nothing red is a
missing story. What decides nothing in a case, or could not be less in this language, has no row but a reason. A field
of which nothing is said here is an error.

A weakened policy stands behind the easiest front doors: those decide nothing in a case, and behind its own doors many a
weakened policy is no longer proved, and could not be played.

`python3 tests/stories/controls.py` prints the table of docs/scenarios.md; tests/functional/test_stories.py holds the
table against it and fails on an empty row. `controls.py TEXT` prints the rows whose line has the text in it, with every
story; `controls.py --none` the lines that have no row, and why.
"""

import collections
import concurrent.futures
import copy
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("SALLYPORT_BIN", HERE.parents[1] / "build" / "bin")).resolve()
RP_1 = HERE / "rp-1.yaml"
STORIES = sorted(HERE.glob("attacks/*.scn")) + sorted(HERE.glob("legitimate/*.scn"))
NAMED_MAX = 3  # stories of a row; of the others the table tells how many there are
EASIEST = ("password", "mail_code", "totp", "sms_code", "push", "federated", "platform")
OF_PEOPLE = ("voucher", "peer", "proofing_agent", "agent")  # given on somebody's word (docs/policy_language.md)
LISTS_MAX = 200  # of the language
LIMITS = {
    "cases_per_account_24h": 1,
    "approvals_per_approver_1h": 1,
    "cooldown_after_own_recovery": -1,
    "tries_per_signal": 1,
    "case_lifetime": 1,
    "verified_for": 1,
}


@dataclasses.dataclass
class Row:
    line: str  # of the policy: tiers.two.signals
    change: str  # what becomes of it
    policy: dict


@dataclasses.dataclass
class NoRow:
    line: str
    reason: str


# -- the policy, one value changed -----------------------------------------------------------------
def at(policy, path):
    for part in path:
        policy = policy[part]
    return policy


def named(policy, path):
    """As somebody would look it up: `rules.leaver.when`, `classes.tier0.floor`."""
    names = []
    for part in path:
        policy = policy[part]
        called = policy.get("id", policy.get("name")) if isinstance(policy, dict) and isinstance(part, int) else None
        names.append(str(called or (part + 1 if isinstance(part, int) else part)))
    return ".".join(names)


def changed(policy, path, value):
    policy = copy.deepcopy(policy)
    at(policy, path[:-1])[path[-1]] = value
    return policy


def without(policy, path):
    """The value left out, and with the last of a list the list."""
    policy = copy.deepcopy(policy)
    del at(policy, path[:-1])[path[-1]]
    if at(policy, path[:-1]) == []:
        del at(policy, path[:-2])[path[-2]]
    return policy


def shifted(value, by):
    """The next number in its own unit: 30m, 29m."""
    number, unit = re.fullmatch(r"(\d+)([a-z]*)", str(value)).groups()
    return f"{int(number) + by}{unit}" if unit else int(number) + by


# -- conditions ------------------------------------------------------------------------------------
class Condition:
    """As a tree: ("||", parts), ("&&", parts), ("!", part), or the text of one test."""

    def __init__(self, text):
        self.tokens = re.findall(r"'[^']*'|\|\||&&|!=|!|[()]|[^\s()!'|&]+", text)
        self.tree = self.several("||", lambda: self.several("&&", self.one))

    def take_if(self, token):
        return self.tokens[:1] == [token] and bool(self.tokens.pop(0))

    def several(self, sign, part):
        parts = [part()]
        while self.take_if(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else (sign, parts)

    def one(self):
        if self.take_if("!"):
            return ("!", self.one())
        if self.take_if("("):
            inside = self.several("||", lambda: self.several("&&", self.one))
            assert self.take_if(")")
            return inside
        test = []
        while self.tokens and self.tokens[0] not in ("||", "&&", ")"):
            test.append(self.tokens.pop(0))
        return " ".join(test)


def told(tree):
    if isinstance(tree, str):
        return tree
    sign, of = tree
    if sign == "!":
        return f"!({told(of)})"
    return f" {sign} ".join(told(p) if isinstance(p, str) or p[0] == "!" else f"({told(p)})" for p in of)


def thinned(tree):
    """Each part left out once: the part, and what is left."""
    if isinstance(tree, str):
        return
    sign, of = tree
    if sign == "!":
        yield from ((part, ("!", left)) for part, left in thinned(of))
        return
    for i, part in enumerate(of):
        rest = of[:i] + of[i + 1 :]
        yield part, rest[0] if len(rest) == 1 else (sign, rest)
        yield from ((inner, (sign, of[:i] + [left] + of[i + 1 :])) for inner, left in thinned(part))


# -- the rows --------------------------------------------------------------------------------------
class Walk:
    def __init__(self, policy):
        self.policy, self.found = policy, []

    def row(self, path, change, policy):
        self.found.append(Row(named(self.policy, path), change, policy))

    def none(self, path, reason):
        self.found.append(NoRow(named(self.policy, path), reason))

    def number(self, path, by):
        before = at(self.policy, path)
        self.row(path, f"{before} → {shifted(before, by)}", changed(self.policy, path, shifted(before, by)))

    def left_out(self, path, change="left out"):
        self.row(path, change, without(self.policy, path))

    def fields(self, path, ways):
        """Each member in its own way."""
        for field in at(self.policy, path):
            if field not in ways:
                sys.exit(f"controls.py does not know how `{named(self.policy, path + [field])}` is made weaker")
            ways[field](path + [field])

    def each(self, way):
        return lambda path: [way(path + [name]) for name in at(self.policy, path)]

    def name(self, path):
        self.none(path, "a name")

    def words(self, path):
        self.none(path, "words")

    def fewer(self, by):
        return lambda path: self.number(path, -by)

    def more(self, by):
        return lambda path: self.number(path, by)

    def whole(self):
        proof = lambda path: self.none(path, "decides nothing in a case: it is what the proof compares")  # noqa: E731
        self.fields(
            [],
            {
                "policy": self.name,
                "language": self.name,
                "signals": self.each(self.signal),
                "notices": self.each(self.notice),
                "tiers": self.each(lambda path: self.each(self.asked)(path)),
                "classes": self.classes,
                "front_door": proof,
                "actions": self.each(self.action),
                "risk": lambda path: self.fields(path, {"points": self.points, "levels": self.each(self.more(1))}),
                "rules": self.rules,
                "limits": lambda path: self.fields(path, {name: self.more(by) for name, by in LIMITS.items()}),
                "guarantees": proof,
            },
        )
        return self.found

    # -- evidence
    def signal(self, path):
        ways = {"rests_on": self.rests_on, "strength": self.left_out, "kind": self.left_out}
        ways |= {"fresh": self.more(1), "valid_for": self.more(1)}
        self.fields(path, ways | {"enrolled_for": self.fewer(1), "unchanged_for": self.fewer(1)})

    def notice(self, path):
        self.left_out(path)
        self.fields(path, {"rests_on": self.rests_on, "unchanged_for": self.fewer(1)})

    def rests_on(self, path):
        rules = [*self.policy["signals"].values(), *self.policy["notices"].values()]
        for i, thing in enumerate(at(self.policy, path)):
            if thing in OF_PEOPLE or sum(thing in rule["rests_on"] for rule in rules) > 1:
                self.row(path, f"{thing} → a thing of its own", changed(self.policy, path + [i], "its-own"))
            else:
                self.none(path, f"`{thing}` is a name: nothing else rests on it")

    # -- what is asked for, by a tier or by a rule
    def asked(self, path):
        ways = {
            "signals": lambda p: self.count(p, "no action but `suspend` goes without a signal"),
            "strong": self.count,
            "include": lambda p: [self.left_out(p + [i], f"{s} left out") for i, s in enumerate(at(self.policy, p))],
            "approvers": lambda p: [self.constraint(p + [i]) for i in range(len(at(self.policy, p)))],
            "hold": lambda p: self.fields(p, {"for": self.fewer(1), "unless": self.left_out}),
            "review": self.review,
            "lasts": self.more(1),
            "alarm": self.left_out,
            "lists": self.lists,
        }
        if path[-1] not in ways:
            sys.exit(f"controls.py does not know how `{named(self.policy, path)}` is made weaker")
        ways[path[-1]](path)

    def count(self, path, why_not_less=""):
        if at(self.policy, path) > 1:
            self.number(path, -1)
        elif why_not_less:
            self.none(path, why_not_less)
        else:
            self.left_out(path)

    def constraint(self, path):
        constraint = at(self.policy, path)
        self.left_out(path)
        ways = {"at_least": lambda p: self.number(p, -1) if constraint["at_least"] > 1 else None}
        for field in ("role", "outside", "from"):
            ways[field] = lambda p: self.left_out(p) if len(constraint) > 2 else None
        self.fields(path, ways)

    def review(self, path):
        if isinstance(at(self.policy, path), dict):
            self.fields(path, {"within": self.more(1), "batch": self.left_out})
        else:
            self.number(path, 1)

    def lists(self, path):
        if at(self.policy, path) < LISTS_MAX:
            self.number(path, 1)
        if path[0] == "tiers":  # where nothing stands there is none; of a rule it is the other way round
            self.left_out(path)

    # -- of whom, and for what
    def condition(self, path):
        text = at(self.policy, path)
        for part, left in thinned(Condition(text).tree):
            self.row(path, f"without `{told(part)}`", changed(self.policy, path, told(left)))
        for found in re.finditer(r"(>=?) (\d+)", text):
            after = f"{found[1]} {int(found[2]) + 1}"
            self.row(path, f"{found[0]} → {after}", changed(self.policy, path, text.replace(found[0], after, 1)))

    def classes(self, path):
        guarded = [i for i, known in enumerate(at(self.policy, path)) if "floor" in known]
        for i, known in enumerate(at(self.policy, path)):
            here = path + [i]
            ways = {"name": self.name, "floor": self.left_out, "when": self.condition}
            if i > max(guarded, default=-1):
                ways["when"] = lambda p: self.none(p, "decides nothing in a case: no floor, only a front door")
            elif "when" in known:
                self.left_out(here)
            self.fields(here, ways)

    def action(self, path):
        tier = at(self.policy, path)
        self.left_out(path, "left out, so that it is refused")
        if tier == "one":
            self.none(path, "no action but `suspend` goes without a signal")
        else:
            self.row(path, f"{tier} → one", changed(self.policy, path, "one"))

    def points(self, path):
        for i in range(len(at(self.policy, path))):
            self.left_out(path + [i])
            self.fields(path + [i], {"add": self.fewer(1), "when": self.condition, "because": self.words})

    def rules(self, path):
        for i, rule in enumerate(at(self.policy, path)):
            here = path + [i]
            self.left_out(here)
            for field in rule:
                if field in ("id", "deny"):
                    self.none(here + [field], "words; the rule has a row of its own")
                elif field == "when":
                    self.condition(here + [field])
                elif field != "raise":  # of which there is nothing but the rule to leave out
                    part = Walk(self.policy)
                    part.asked(here + [field])
                    self.found += [found for found in part.found if self.still_asks(found, i)]

    @staticmethod
    def still_asks(found, i):
        """Where a rule asks for one thing, leaving that out is leaving out the rule, which has its row."""
        rule = {} if isinstance(found, NoRow) else found.policy["rules"][i]
        return isinstance(found, NoRow) or any(rule[field] for field in set(rule) - {"id", "when"})


def rows():
    return Walk(yaml.safe_load(RP_1.read_text())).whole()


# -- played ----------------------------------------------------------------------------------------
def play(policy, stories):
    words = [BIN / "sallyport", "--json", "story", "play", "--policy", policy, *stories]
    ran = subprocess.run(words, capture_output=True, text=True)
    return ran.returncode, json.loads(ran.stdout) if ran.returncode < 2 else ran.stderr


def red_under(policy, stories=None):
    """Which of the stories turn red, or why the policy is not taken at all."""
    doors = {known["name"]: [[way] for way in EASIEST] for known in policy["classes"]}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rp-1.yaml"
        file.write_text(json.dumps(policy | {"front_door": doors}))
        status, said = play(file, stories or STORIES)
    if status >= 2:
        return [f"(not played: {said.splitlines()[0]})"]
    return [pathlib.Path(d["file"]).stem for d in said if d.get("as_told") is False]


def table(of=""):
    """(line, change, stories that turn red) for each row whose line has the text in it."""
    wanted = [row for row in rows() if isinstance(row, Row) and of in row.line]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [(r.line, r.change, red) for r, red in zip(wanted, pool.map(red_under, (r.policy for r in wanted)))]


def rarest(reds):
    """Of each row the stories that turn red by the fewest lines: those that tell of this one."""
    often = collections.Counter(name for red in reds for name in red)
    return [sorted(red, key=lambda name: (often[name], name))[:NAMED_MAX] for red in reds]


def as_line(line, change, red):
    return f"| `{line}` | {change.replace('|', chr(92) + '|')} | {', '.join(red) or 'NONE'} |"


def documented():
    """The rows of docs/scenarios.md: (line, change, stories)."""
    page = (HERE.parents[1] / "docs" / "scenarios.md").read_text().partition("| control of rp-1 |")[2]
    found = re.findall(r"^\| `(.+?)` \| (.+) \| (.+?) \|$", page, re.MULTILINE)
    return [(line, change.replace("\\|", "|"), named.split(", ")) for line, change, named in found]


if __name__ == "__main__":
    asked_for = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked_for == "--none":
        for known in rows():
            if isinstance(known, NoRow):
                print(f"{known.line}: {known.reason}")
        sys.exit()
    print("| control of rp-1 | changed | stories that turn red |\n| --- | --- | --- |")
    made = table(asked_for)
    named = [red for *_, red in made] if asked_for else rarest([red for *_, red in made])
    for (line, change, _), red in zip(made, named):
        print(as_line(line, change, red))
