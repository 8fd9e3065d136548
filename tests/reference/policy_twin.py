#!/usr/bin/python3
"""A second implementation of the policy language, written from docs/policy_language.md alone,
and held against the first.

    tests/reference/policy_twin.py --probe BUILD/test/policy_probe [--cases 5000] [--seed 1]

Makes random policies (some with a slip of the pen), accounts, evidence and approvers, asks both, and
leaves with 1 at the first difference. Slow and plain on purpose: sets are tried one by one.

Needs PyYAML (Debian: python3-yaml).
"""

import argparse
import datetime
import itertools
import json
import random
import re
import sys

import yaml

import probe as prober

SIGNALS = "passkey totp recovery_code mail_code callback vouch on_site proofing".split()
KNOWLEDGE = """knowledge kba security_question security_questions birthday date_of_birth employee_number national_id
mothers_maiden_name""".split()
ACTIONS = """unlock password_reset mfa_reset recovery_factor_change lockout_disable admin_unlock
delegated_access_restore
service_secret_rotate emergency_access""".split()
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # everything is text; the one in C where there is one
UNITS = {"d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}
MINUTE, DAY = UNITS["m"], UNITS["d"]


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


# ---- section 1: the text ----------------------------------------------------------------------


class Scalar(str):
    quoted = False


def read_yaml(text):
    """Mappings become dicts, sequences lists, scalars Scalars."""
    try:
        for event in yaml.parse(text, Loader=LOADER):
            need(not isinstance(event, yaml.AliasEvent) and not getattr(event, "anchor", None), "anchor or alias")
            need(getattr(event, "tag", None) in (None, "!"), "tag")
            need(getattr(event, "style", None) not in ("|", ">"), "block scalar")
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise Refused(str(error)) from error
    need(node is not None, "empty")
    return value_of(node)


def value_of(node):
    if isinstance(node, yaml.ScalarNode):
        out = Scalar(node.value)
        out.quoted = node.style in ("'", '"')
        return out
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item) for item in node.value]
    out = {}
    for key, value in node.value:
        name = value_of(key)
        need(isinstance(name, Scalar) and name and name not in out, "key")
        out[name] = value_of(value)
    return out


def text(value):
    need(isinstance(value, Scalar) and value, "a value")
    return value


def name(value):
    need(re.fullmatch(r"[a-z0-9._-]{1,64}", text(value)), "a name")
    return str(value)


def count(value, least, most):
    need(re.fullmatch(r"[0-9]+", text(value)) and not value.quoted and least <= int(value) <= most, "a count")
    return int(value)


def boolean(value):
    need(value in ("true", "false") and not value.quoted, "a boolean")
    return value == "true"


def duration(value):
    match = re.fullmatch(r"([0-9]+)(d|h|m|s|ms)", text(value))
    need(match, "a duration")
    span = int(match[1]) * UNITS[match[2]]
    need(span <= 36500 * DAY, "a duration")
    return span


def word(value, only):
    need(text(value) == only, only)
    return True


def fields(value, known, needed):
    need(isinstance(value, dict), "a mapping")
    need(set(value) <= set(known) and set(needed) <= set(value), "fields")
    return {key: known[key](value[key]) for key in known if key in value}


# ---- section 2: the sections ------------------------------------------------------------------


class Policy:
    def __init__(self, source):
        need(len(source.encode()) <= 48 * 1024, "too large")
        root = read_yaml(source)
        known = dict.fromkeys("policy language signals tiers classes actions limits".split(), lambda v: v)
        root = fields(root, known, ["policy", "language", "signals", "tiers", "classes", "actions"])
        text(root["policy"])
        count(root["language"], 1, 1)
        self.signals = self.mapping(root["signals"], self.signal)
        self.tiers = self.mapping(root["tiers"], lambda key, value: (name(key), self.tier(value)))
        self.actions = self.mapping(root["actions"], self.action)
        self.classes = self.read_classes(root["classes"])
        self.limits = self.read_limits(root.get("limits", {}))
        for tier in self.tiers.values():
            need(tier["hold_without_strong"] < self.limits["case_lifetime"], "hold")

    @staticmethod
    def mapping(value, read):
        need(isinstance(value, dict) and value, "a mapping")
        return dict(read(key, item) for key, item in value.items())

    def signal(self, key, value):
        need(key in SIGNALS, "a signal")
        rule = fields(
            value,
            {
                "rests_on": self.rests_on,
                "fresh": duration,
                "enrolled_for": duration,
                "unchanged_for": duration,
                "valid_for": duration,
                "strength": lambda v: word(v, "strong"),
                "kind": lambda v: word(v, "issued"),
            },
            ["rests_on"],
        )
        return str(key), rule

    @staticmethod
    def rests_on(value):
        need(isinstance(value, list) and value, "rests_on")
        things = [name(item) for item in value]
        need(len(set(things)) == len(things) and not set(things) & set(KNOWLEDGE), "rests_on")
        return set(things)

    def signal_list(self, value):
        need(isinstance(value, list), "a list")
        need(all(name(item) in self.signals for item in value), "a signal of the policy")
        return sorted({str(item) for item in value})

    def tier(self, value):
        got = fields(
            value,
            {
                "signals": lambda v: count(v, 1, 8),
                "strong": lambda v: count(v, 0, 8),
                "include": self.signal_list,
                "allow": self.signal_list,
                "approvers": self.approvers,
                "hold": self.hold,
                "review": self.review,
                "lasts": duration,
            },
            ["signals"],
        )
        need(got.get("strong", 0) <= got["signals"], "strong")
        hold = got.get("hold", (0, 0))
        return {
            "signals": got["signals"],
            "strong": got.get("strong", 0),
            "include": got.get("include", []),
            "allow": got.get("allow"),
            "approvers": got.get("approvers", {}),
            "hold_without_strong": hold[0],
            "hold_with_strong": hold[1],
            "review": got.get("review"),
            "lasts": got.get("lasts"),
        }

    @staticmethod
    def approvers(value):
        need(isinstance(value, list), "a list")
        out = {}
        for item in value:
            got = fields(
                item, {"at_least": lambda v: count(v, 1, 8), "role": name, "outside": name, "from": name}, ["at_least"]
            )
            who = (got.get("role"), got.get("outside"), got.get("from"))
            need(any(who), "who")
            out[who] = max(out.get(who, 0), got["at_least"])
        return out

    @staticmethod
    def hold(value):
        got = fields(value, {"for": duration, "unless": lambda v: word(v, "strong")}, ["for"])
        return got["for"], 0 if "unless" in got else got["for"]

    @staticmethod
    def review(value):
        if isinstance(value, Scalar):
            return duration(value), False
        got = fields(value, {"within": duration, "batch": boolean}, ["within"])
        return got["within"], got.get("batch", False)

    def floor(self, value):
        need(name(value) in self.tiers, "a tier")
        return str(value)

    def action(self, key, value):
        need(key in ACTIONS, "an action")
        return str(key), self.floor(value)

    def read_classes(self, value):
        need(isinstance(value, list) and value, "classes")
        out = [
            fields(item, {"name": name, "when": lambda v: Condition(text(v)), "floor": self.floor}, ["name"])
            for item in value
        ]
        need(len({c["name"] for c in out}) == len(out), "names")
        need(["when" in c for c in out] == [True] * (len(out) - 1) + [False], "exactly the last has no condition")
        return out

    @staticmethod
    def read_limits(value):
        def span(v):
            got = duration(v)
            need(MINUTE <= got <= 30 * DAY, "a limit")
            return got

        return {
            "cases_per_account_24h": 3,
            "tries_per_signal": 5,
            "case_lifetime": 4 * UNITS["h"],
            "verified_for": UNITS["h"],
        } | fields(
            value,
            {
                "cases_per_account_24h": lambda v: count(v, 1, 1000),
                "tries_per_signal": lambda v: count(v, 1, 10),
                "case_lifetime": span,
                "verified_for": span,
            },
            [],
        )


# ---- section 3: conditions --------------------------------------------------------------------

ERROR = "error"
ATTRIBUTES = {
    "account.groups": "list",
    "account.admin": "bool",
    "account.executive": "bool",
    "account.active": "bool",
    "account.locked": "bool",
    "account.employment": "string",
    "account.organization": "string",
    "action": "string",
}
TOKEN = re.compile(
    r"""(?P<op>==|!=|&&|\|\||!|\(|\))|(?P<string>'[^'\\\r\n]*'|"[^"\\\r\n]*")|(?P<int>-?[0-9]+(?![A-Za-z0-9_.]))"""
    r"""|(?P<word>[A-Za-z_.][A-Za-z0-9_.]*)"""
)


class Condition:
    """Parsed to nested tuples (type, function of the case)."""

    def __init__(self, source):
        need(len(source.encode()) <= 1024, "too long")
        self.tokens, at = [], 0
        while at < len(source):
            if source[at] == " ":
                at += 1
                continue
            match = TOKEN.match(source, at)
            need(match, "a token")
            self.tokens.append((match.lastgroup, match[0]))
            at = match.end()
        self.at = 0
        kind, self.evaluate = self.condition(0)
        need(kind == "bool" and self.at == len(self.tokens), "a condition")

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, token):
        if self.peek() != token:
            return False
        self.at += 1
        return True

    def condition(self, depth):
        need(depth <= 32, "too deep")
        return self.chain("||", True, lambda: self.chain("&&", False, lambda: self.relation(depth)))

    def chain(self, operator, settles, part):
        left = part()
        while self.take(operator):
            right = part()
            need(left[0] == right[0] == "bool", "bool")
            left = ("bool", self.logical(left[1], right[1], settles))
        return left

    @staticmethod
    def logical(left, right, settles):
        def evaluate(case):
            both = [left(case), right(case)]
            if settles in both:
                return settles
            return ERROR if ERROR in both else not settles

        return evaluate

    def relation(self, depth):
        left = self.unary(depth)
        for operator, same in (("==", True), ("!=", False)):
            if self.take(operator):
                right = self.unary(depth)
                need(left[0] == right[0] != "list", "types")
                return "bool", lambda case: self.strict(left, right, case, lambda a, b: (a == b) == same)
        if self.take("in"):
            right = self.unary(depth)
            need((left[0], right[0]) == ("string", "list"), "types")
            return "bool", lambda case: self.strict(left, right, case, lambda a, b: a in b)
        return left

    @staticmethod
    def strict(left, right, case, function):
        a, b = left[1](case), right[1](case)
        return ERROR if a is ERROR or b is ERROR else function(a, b)

    def unary(self, depth):
        if not self.take("!"):
            return self.primary(depth)
        need(depth <= 32, "too deep")
        kind, inner = self.unary(depth + 1)
        need(kind == "bool", "bool")

        def evaluate(case):
            got = inner(case)
            return ERROR if got is ERROR else not got

        return "bool", evaluate

    def primary(self, depth):
        need(self.at < len(self.tokens), "a value")
        if self.take("("):
            inner = self.condition(depth + 1)
            need(self.take(")"), ")")
            return inner
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return "string", lambda case: token[1:-1]
        if kind == "int":
            need(-(2**63) <= int(token) < 2**63, "64 bits")
            return "int", lambda case: int(token)
        if token in ("true", "false"):
            return "bool", lambda case: token == "true"
        if token == "has":
            need(self.take("("), "(")
            path = self.peek()
            need(path in ATTRIBUTES and "." in path, "a field")
            self.at += 1
            need(self.take(")"), ")")
            return "bool", lambda case: case[path] is not ERROR
        need(token in ATTRIBUTES, "an attribute")
        return ATTRIBUTES[token], lambda case: case[token]


# ---- section 4: the requirement ---------------------------------------------------------------


def other_or(choose, a, b):
    return b if a is None else a if b is None else choose(a, b)


def join(a, b):
    return {
        "signals": max(a["signals"], b["signals"]),
        "strong": max(a["strong"], b["strong"]),
        "include": sorted(set(a["include"]) | set(b["include"])),
        "allow": other_or(lambda x, y: sorted(set(x) & set(y)), a["allow"], b["allow"]),
        "approvers": {
            who: max(a["approvers"].get(who, 0), b["approvers"].get(who, 0)) for who in a["approvers"] | b["approvers"]
        },
        "hold_without_strong": max(a["hold_without_strong"], b["hold_without_strong"]),
        "hold_with_strong": max(a["hold_with_strong"], b["hold_with_strong"]),
        "review": other_or(lambda x, y: (min(x[0], y[0]), x[1] and y[1]), a["review"], b["review"]),
        "lasts": other_or(min, a["lasts"], b["lasts"]),
    }


def attributes_of(account, action):
    return {
        "account.groups": account["groups"],
        "account.admin": account["admin"],
        "account.executive": account["executive"],
        "account.active": account["active"],
        "account.locked": account["locked"],
        "account.employment": account["employment"] or ERROR,
        "account.organization": account["organization"] or ERROR,
        "action": action,
    }


# ---- section 5: door one ----------------------------------------------------------------------


def may_count(policy, requirement, evidence, now):
    rule = policy.signals.get(evidence["signal"])
    at = time_of(evidence["at"])
    since = {key: now and evidence.get(key) and time_of(evidence[key]) for key in ("enrolled_at", "unchanged_since")}
    return (
        evidence["result"] == "passed"
        and rule is not None
        and (requirement["allow"] is None or evidence["signal"] in requirement["allow"])
        and not evidence["rests_on_account"]
        and at <= now
        and ("fresh" not in rule or now - at <= rule["fresh"])
        and (
            "enrolled_for" not in rule
            or bool(since["enrolled_at"])
            and at - since["enrolled_at"] >= rule["enrolled_for"]
        )
        and (
            "unchanged_for" not in rule
            or bool(since["unchanged_since"])
            and at - since["unchanged_since"] >= rule["unchanged_for"]
        )
        and "valid_for" not in rule
    )


def counted(policy, requirement, evidence, now):
    newest = {e["signal"]: e for e in evidence if may_count(policy, requirement, e, now)}  # later ones replace earlier
    good = sorted(newest.values(), key=lambda e: e["number"])
    best = None
    for size in range(len(good) + 1):
        for chosen in itertools.combinations(good, size):
            rules = [policy.signals[e["signal"]] for e in chosen]
            if any(a["rests_on"] & b["rests_on"] for a, b in itertools.combinations(rules, 2)):
                continue
            included = len(set(requirement["include"]) & {e["signal"] for e in chosen})
            strong = sum("strength" in rule for rule in rules)
            met = (
                size >= requirement["signals"]
                and strong >= requirement["strong"]
                and included == len(requirement["include"])
            )
            numbers = [e["number"] for e in chosen]
            rank = (met, included, strong, size, [-n for n in numbers])
            if best is None or rank > best[0]:
                best = (rank, met, strong > 0, numbers)
    return best[1:]


# ---- section 6: door two ----------------------------------------------------------------------


def fits(who, account, approver):
    role, outside, home = who
    wanted = account["organization"] if home == "account.organization" else home
    return (
        (role is None or role in approver["seats"])
        and (outside is None or approver["team"] != outside)
        and (home is None or approver["organization"] == wanted)
    )


def seated(seats, people, account):
    if not seats:
        return True
    return any(
        fits(seats[0], account, person) and seated(seats[1:], people[:i] + people[i + 1 :], account)
        for i, person in enumerate(people)
    )


def decide(question):
    try:
        policy = Policy(question["policy"])
    except Refused as why:
        return {"refused": str(why)}
    account, action, now = question["account"], question["action"], time_of(question["now"])
    if action not in policy.actions:
        return {"denied": "action_not_in_policy"}
    if not account["active"]:
        return {"denied": "account_inactive"}
    if action == "unlock" and account["admin"]:
        return {"denied": "action_not_in_policy"}
    case = attributes_of(account, action)
    chosen = next(c for c in policy.classes if "when" not in c or c["when"].evaluate(case) is not False)
    requirement = policy.tiers[policy.actions[action]]
    if "floor" in chosen:
        requirement = join(requirement, policy.tiers[chosen["floor"]])
    met, strong, numbers = counted(policy, requirement, question["evidence"], now)
    people = []
    for a in question["approvers"]:
        if all(a["person"] != p["person"] for p in people):
            people.append(a)
    seats = [who for who, number in requirement["approvers"].items() for _ in range(number)]
    return {
        "class": chosen["name"],
        "requirement": requirement,
        "limits": policy.limits,
        "verified": met,
        "strong": strong,
        "counted": numbers,
        "fits": [any(fits(who, account, a) for who in requirement["approvers"]) for a in question["approvers"]],
        "approved": seated(seats, people, account),
    }


# ---- both in one form -------------------------------------------------------------------------

EPOCH = datetime.datetime(1970, 1, 1)


def time_of(moment):
    return (datetime.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ") - EPOCH) // datetime.timedelta(milliseconds=1)


def moment_of(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def from_probe(answer):
    """The probe's answer as decide() gives it."""
    if "refused" in answer or "denied" in answer:
        return answer
    r = answer["requirement"]
    span = lambda value: duration(Scalar(value))
    r["approvers"] = {(c.get("role"), c.get("outside"), c.get("from")): c["at_least"] for c in r["approvers"]}
    r["hold_without_strong"], r["hold_with_strong"] = span(r["hold_without_strong"]), span(r["hold_with_strong"])
    r["review"] = (span(r["review"]["within"]), r["review"]["batch"]) if "review" in r else None
    r["lasts"] = span(r["lasts"]) if "lasts" in r else None
    r.setdefault("allow", None)
    a, b, c, d = answer["limits"]
    answer["limits"] = {
        "cases_per_account_24h": a,
        "tries_per_signal": b,
        "case_lifetime": span(c),
        "verified_for": span(d),
    }
    return answer


# ---- random questions -------------------------------------------------------------------------

THINGS = ["device", "handset", "mailbox", "code_sheet", "number", "voucher"]
TIERS = ["light", "standard", "guarded", "vault"]
ROLES, TEAMS, HOMES = ["lead", "chief", "clerk"], ["desk", "security"], ["north", "south"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def maybe(self, p=0.5):
        return self.r.random() < p

    def some(self, names, least=0):
        return self.r.sample(names, self.r.randint(least, min(len(names), least + 2)))

    def span(self):
        return self.r.choice(["0s", "250ms", "90s", "5m", "30m", "1h", "3d"])

    def policy(self):
        signals = {s: self.signal() for s in self.some(SIGNALS[:7], 3)}
        tiers = {t: self.tier(list(signals)) for t in self.some(TIERS, 1)}
        classes = [self.account_class(i, list(tiers)) for i in range(self.r.randint(1, 4))]
        for c in classes[:-1]:
            c["when"] = self.quoted(self.condition(0))
        tree = {
            "policy": "random",
            "language": "1",
            "signals": signals,
            "tiers": tiers,
            "classes": classes,
            "actions": {a: self.r.choice(list(tiers)) for a in self.some(ACTIONS[:4], 2)},
        }
        if self.maybe():
            tree["limits"] = {
                k: v
                for k, v in {
                    "cases_per_account_24h": "4",
                    "tries_per_signal": "2",
                    "case_lifetime": "5h",
                    "verified_for": "20m",
                }.items()
                if self.maybe()
            }
            if not tree["limits"]:
                del tree["limits"]
        source = self.write(tree)
        return self.slip(source) if self.maybe(0.35) else source

    def signal(self):
        rule = {"rests_on": self.some(THINGS, 1)}
        for field in ("fresh", "enrolled_for", "unchanged_for"):
            if self.maybe(0.35):
                rule[field] = self.span()
        if self.maybe(0.05):
            rule["valid_for"] = self.span()
        if self.maybe(0.3):
            rule["strength"] = "strong"
        if self.maybe(0.2):
            rule["kind"] = "issued"
        return rule

    def tier(self, signals):
        out = {"signals": self.r.choice("1123")}
        if self.maybe(0.3):
            out["strong"] = "1"
        if self.maybe(0.2):
            out["include"] = self.some(signals)
        if self.maybe(0.2):
            out["allow"] = self.some(signals, 2)
        if self.maybe(0.7):
            out["approvers"] = [self.constraint() for _ in range(self.r.randint(0, 3))]
        if self.maybe(0.4):
            out["hold"] = {"for": self.r.choice(["10m", "30m", "4h"] if self.maybe(0.1) else ["10m", "30m"])} | (
                {"unless": "strong"} if self.maybe() else {}
            )
        if self.maybe(0.4):
            out["review"] = (
                self.span() if self.maybe() else {"within": self.span(), "batch": self.r.choice(["true", "false"])}
            )
        if self.maybe(0.2):
            out["lasts"] = self.span()
        return out

    def constraint(self):
        out = {"at_least": self.r.choice("112")}
        while len(out) == 1:
            for field, names in (("role", ROLES), ("outside", TEAMS), ("from", HOMES + ["account.organization"])):
                if self.maybe(0.35):
                    out[field] = self.r.choice(names)
        return out

    def account_class(self, i, tiers):
        return {"name": f"class{i}"} | ({"floor": self.r.choice(tiers)} if self.maybe() else {})

    def condition(self, depth):
        roll = self.r.randint(0, 13 if depth < 4 else 8)
        if roll <= 1:
            return self.r.choice(["account.admin", "account.executive", "account.locked", "account.active"])
        if roll == 2:
            return self.r.choice(["true", "false", "1 == 1", "-2 != 3", "'' == ''"])
        if roll <= 4:
            return f"'{self.r.choice(['Finance', 'Staff'])}' in account.groups"
        if roll <= 6:
            return f"account.employment {self.r.choice(['==', '!='])} 'employee'"
        if roll == 7:
            return f"{self.r.choice(['action', 'account.organization'])} == '{self.r.choice(['unlock', 'north'])}'"
        if roll == 8:
            return self.r.choice(
                ["has(account.employment)", "account.employment in account.groups", "has(account.groups)"]
            )
        if roll == 9:
            return "!(" + self.condition(depth + 1) + ")"
        if roll == 10:
            return "(" + self.condition(depth + 1) + ")"
        return self.condition(depth + 1) + self.r.choice([" && ", " || ", "||", "&&"]) + self.condition(depth + 1)

    @staticmethod
    def quoted(condition):
        return '"' + condition + '"'

    # Block style at the top, either style below.
    def write(self, tree):
        keys = list(tree)
        self.r.shuffle(keys)
        return "".join(self.member(key, tree[key], 0) for key in keys)

    def member(self, key, value, indent):
        pad = " " * indent
        if isinstance(value, str) or not value or indent and self.maybe(0.7):
            return f"{pad}{key}: {self.flow(value)}{'  # why' if self.maybe(0.05) else ''}\n"
        if isinstance(value, dict):
            return f"{pad}{key}:\n" + "".join(self.member(k, v, indent + 2) for k, v in value.items())
        return f"{pad}{key}:\n" + "".join(f"{pad}  - {self.flow(v)}\n" for v in value)

    def flow(self, value):
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return "{" + ", ".join(f"{k}: {self.flow(v)}" for k, v in value.items()) + "}"
        return "[" + ", ".join(self.flow(v) for v in value) + "]"

    def slip(self, source):
        words = list(re.finditer(r"[A-Za-z0-9_.]+", source))
        at = self.r.choice(words)
        other = self.r.choice(
            [self.r.choice(words)[0], "birthday", "0", "9", "'1'", "", "Strong", "x", "{a: b}", "-1", "9d", "no"]
        )
        kind = self.r.randint(0, 4)
        if kind <= 2:
            return source[: at.start()] + other + source[at.end() :]
        lines = source.splitlines(True)
        line = self.r.randrange(len(lines))
        if kind == 3:
            return "".join(lines[:line] + lines[line + 1 :])
        return "".join(lines[:line] + [lines[line]] + lines[line:])

    def account(self):
        r = self.r
        return {
            "directory": "corp",
            "account": "paul",
            "holder": "person.paul",
            "organization": r.choice(HOMES),
            "state_token": "s",
            "active": self.maybe(0.95),
            "locked": self.maybe(),
            "admin": self.maybe(0.2),
            "executive": self.maybe(0.2),
            "employment": r.choice(["employee", "contractor", ""]),
            "groups": self.some(["Finance", "Staff"]),
            "read_at": moment_of(0),
        }

    def evidence(self, now):
        out = []
        for number in range(1, self.r.randint(0, 7) + 1):
            at = now - self.r.choice([-1, 0, 0, 0, 1, 250, 251, 90000, 90001, 5 * MINUTE, 5 * MINUTE + 1, 30 * MINUTE])
            e = {
                "number": number,
                "signal": self.r.choice(SIGNALS),
                "result": self.r.choice(["passed"] * 5 + ["failed"]),
                "at": moment_of(at),
                "rests_on_account": self.maybe(0.1),
                "detail": "",
            }
            for field in ("enrolled_at", "unchanged_since"):
                if self.maybe(0.85):
                    e[field] = moment_of(
                        at - self.r.choice([0, 250, 249, 90000, 5 * MINUTE - 1, 3 * DAY, 3 * DAY - 1, 400 * DAY])
                    )
            out.append(e)
        return out

    def approvers(self):
        return [
            {
                "person": f"p{self.r.randint(0, 5)}",
                "organization": self.r.choice(HOMES),
                "team": self.r.choice(TEAMS),
                "seats": self.some(ROLES),
            }
            for _ in range(self.r.randint(0, 5))
        ]

    def question(self):
        now = 1_800_000_000_000 + self.r.randint(0, 10**9)
        return {
            "policy": self.policy(),
            "account": self.account(),
            "action": self.r.choice(ACTIONS[:4]),
            "evidence": self.evidence(now),
            "approvers": self.approvers(),
            "now": moment_of(now),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    maker = Maker(options.seed)
    questions = [maker.question() for _ in range(options.cases)]
    tally = dict.fromkeys(["refused", "denied", "verified", "approved", "decided"], 0)
    for question, answer in zip(questions, prober.ask(options.probe, questions)):
        mine, theirs = decide(question), from_probe(answer)
        same = "refused" in theirs if "refused" in mine else mine == theirs
        if not same:
            print(question["policy"])
            print(json.dumps({key: question[key] for key in question if key != "policy"}, indent=1))
            print("the twin says: ", mine)
            print("Sallyport says:", theirs)
            print(f"they differ; seed {options.seed}")
            return 1
        kind = next((k for k in ("refused", "denied") if k in mine), "decided")
        tally[kind] += 1
        tally["verified"] += mine.get("verified", False)
        tally["approved"] += mine.get("approved", False)
    print(f"{options.cases} cases, one mind: {tally}")
    rare = [kind for kind, number in tally.items() if number < options.cases // 50]
    if rare:
        print(f"but these were hardly tried: {rare}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
