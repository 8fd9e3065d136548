#!/usr/bin/python3
"""A second implementation of the policy language, written from docs/policy_language.md alone,
and held against the first.

    tests/reference/policy_twin.py --probe BUILD/test/policy_probe [--cases 100000] [--seed 1]

Makes random policies (some with a slip of the pen), facts, evidence and approvers, asks both, and leaves with 1
at the first difference; and sees to it that knowing less, or one rule more, never makes anything easier. Slow and
plain on purpose: sets are tried one by one.

Needs PyYAML (Debian: python3-yaml).
"""

import argparse
import datetime
import itertools
import json
import multiprocessing
import random
import re
import sys

import yaml

import probe as prober

SIGNALS = """passkey synced_passkey security_key smart_card totp push sms_code voice_code callback desk_callback
mail_code post_code recovery_code federated digital_id proofing on_site vouch peer_vouch video_call""".split()
KNOWLEDGE = """knowledge kba security_question security_questions birthday date_of_birth employee_number national_id
mothers_maiden_name""".split()
ACTIONS = """unlock password_reset mfa_reset recovery_factor_change lockout_disable admin_unlock
delegated_access_restore
service_secret_rotate emergency_access suspend""".split()
SECTIONS = """policy language signals notices tiers classes actions risk rules front_door limits
guarantees acceptances""".split()
AUTHENTICATORS = """password security_key passkey platform totp push sms_code mail_code smart_card federated""".split()
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


def some_time(value):
    need(duration(value) > 0, "some time")
    return duration(value)


def distinct(names):
    need(len(set(names)) == len(names), "each once")
    return names


def with_attributes(value):
    for braced in re.finditer(r"\{([^}]*)(\}?)", text(value)):
        need(braced[2] and braced[1] in ATTRIBUTES, "an attribute in braces")
    return str(value)


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
        need(len(source.encode()) <= 1024 * 1024, "too large")
        root = read_yaml(source)
        known = dict.fromkeys(SECTIONS, lambda v: v)
        root = fields(root, known, ["policy", "language", "signals", "tiers", "classes", "actions"])
        text(root["policy"])
        count(root["language"], 1, 1)
        self.signals = self.mapping(root["signals"], self.signal)
        self.notices = self.mapping(root["notices"], self.notice) if "notices" in root else {}
        need(len(self.notices) <= 16, "notices")
        self.tiers = self.mapping(root["tiers"], lambda key, value: (name(key), self.tier(value)))
        self.actions = self.mapping(root["actions"], self.action)
        self.classes = self.read_classes(root["classes"])
        self.points, self.levels = self.read_risk(root["risk"]) if "risk" in root else ([], {})
        self.rules = self.read_rules(root.get("rules", []))
        self.doors = self.read_front_door(root["front_door"]) if "front_door" in root else {}
        self.limits = self.read_limits(root.get("limits", {}))
        for asked in list(self.tiers.values()) + [rule["asks"] for rule in self.rules]:
            need(asked["hold_without_strong"] < self.limits["case_lifetime"], "hold")
        self.read_guarantees(root.get("guarantees", []))
        if "acceptances" in root:
            self.read_acceptances(root["acceptances"])

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
        need(len(set(things) & {"voucher", "peer", "proofing_agent", "agent"}) <= 1, "rests_on")
        return set(things)

    def signal_list(self, value):
        need(isinstance(value, list), "a list")
        need(all(name(item) in self.signals for item in value), "a signal of the policy")
        return sorted(str(item) for item in distinct(value))

    def asked_fields(self):
        return {
            "signals": lambda v: count(v, 0, 8),
            "strong": lambda v: count(v, 0, 8),
            "include": self.signal_list,
            "allow": self.signal_list,
            "approvers": self.approvers,
            "hold": self.hold,
            "review": self.review,
            "lasts": some_time,
            "alarm": self.alarm,
            "lists": lambda v: count(v, 1, 200),
        }

    def asked(self, got):
        hold = got.get("hold", (0, 0))
        out = {
            "signals": got.get("signals", 0),
            "strong": got.get("strong", 0),
            "include": got.get("include", []),
            "allow": got.get("allow"),
            "approvers": got.get("approvers", {}),
            "hold_without_strong": hold[0],
            "hold_with_strong": hold[1],
            "review": got.get("review"),
            "lasts": got.get("lasts"),
            "alarm": got.get("alarm", False),
            "lists": got.get("lists"),
        }
        self.check_possible(out)
        return out

    def check_possible(self, asked):
        allowed = list(self.signals) if asked["allow"] is None else asked["allow"]
        strong = [s for s in allowed if "strength" in self.signals[s]]
        need(set(asked["include"]) <= set(allowed), "include within allow")
        need(self.independent(asked["include"]), "include independent")
        need(asked["signals"] <= self.most(allowed) and asked["strong"] <= self.most(strong), "possible")

    def independent(self, names):
        return not any(
            self.signals[a]["rests_on"] & self.signals[b]["rests_on"] for a, b in itertools.combinations(names, 2)
        )

    def most(self, names):
        """With the first or without it; a name that shares nothing with the others is never left out."""
        if not names:
            return 0
        others = [n for n in names[1:] if self.independent([names[0], n])]
        with_it = 1 + self.most(others)
        return with_it if len(others) == len(names) - 1 else max(with_it, self.most(names[1:]))

    def tier(self, value):
        got = fields(value, self.asked_fields(), ["signals"])
        need(got.get("strong", 0) <= got["signals"], "strong")
        return self.possible(self.asked({"lists": 1} | got))

    def notice(self, key, value):
        known = {"rests_on": self.rests_on, "unchanged_for": duration}
        return name(key), fields(value, known, ["rests_on"])

    def alarm(self, value):
        need(self.notices, "notices")
        return word(value, "independent")

    @staticmethod
    def possible(requirement):
        need(sum(requirement["approvers"].values()) <= 16, "seats")
        return requirement

    def read_risk(self, value):
        got = fields(value, {"points": lambda v: v, "levels": self.read_levels}, ["points"])
        need(isinstance(got["points"], list) and len(got["points"]) <= 1000, "points")
        known = {
            "add": lambda v: count(v, 1, 1000),
            "when": lambda v: Condition(text(v), "risk", {}),
            "because": with_attributes,
        }
        return [fields(item, known, ["add", "when", "because"]) for item in got["points"]], got.get("levels", {})

    @staticmethod
    def read_levels(value):
        need(isinstance(value, dict) and value, "levels")
        for key in value:
            need(re.fullmatch(r"[a-z_][a-z0-9_]{0,63}", key) and key != "points", "a level")
        out = {str(key): count(item, 1, 1_000_000) for key, item in value.items()}
        need(len(set(out.values())) == len(out), "levels")
        return out

    def read_rules(self, value):
        need(isinstance(value, list), "rules")
        known = self.asked_fields()
        known |= {"id": name, "when": lambda v: Condition(text(v), "rule", self.levels)}
        known |= {"raise": self.floor, "deny": with_attributes}
        out = []
        for item in value:
            rule = fields(item, known, ["id", "when"])
            more = set(rule) - {"id", "when", "deny"}
            need(("deny" in rule) != bool(more), "refuses or asks")
            asks = self.asked(rule)
            rule["asks"] = self.possible(join(asks, self.tiers[rule["raise"]]) if "raise" in rule else asks)
            out.append(rule)
        need(len({rule["id"] for rule in out}) == len(out), "ids")
        return out

    def read_front_door(self, value):
        need(isinstance(value, dict), "front_door")
        for key, ways in value.items():
            need(key in [c["name"] for c in self.classes] and isinstance(ways, list) and ways, "a class's ways")
            for way in ways:
                need(isinstance(way, list) and way, "a way")
                names = [text(item) for item in way]
                need(set(names) <= set(AUTHENTICATORS) and len(set(names)) == len(names), "authenticators")
            distinct([tuple(sorted(way)) for way in ways])
        return value

    def read_guarantees(self, value):
        need(isinstance(value, list), "guarantees")
        seen = []
        for item in value:
            known = {
                "recovery_not_weaker_than_sign_in": self.read_dominance,
                "people_needed": self.read_people,
                "people_needed_with_governance": self.read_people,
                "never_alone": self.names,
                "no_lockout": lambda v: fields(v, {"after_losing": self.things}, ["after_losing"]),
            }
            fields(item, known, [])
            need(len(item) == 1, "one")
            seen += list(item)
        need(len(set(seen)) == len(seen), "once")

    def read_acceptances(self, value):
        need(isinstance(value, list) and value, "acceptances")
        seen = []
        for item in value:
            known = {
                "class": lambda v: need(name(v) in [c["name"] for c in self.classes], "a class"),
                "until": self.read_day,
                "because": text,
            }
            need(isinstance(item, dict), "a mapping")
            if "reading" in item or "compensated_by" in item:
                known["reading"] = lambda v: need(v == "pessimistic", "pessimistic")
                known["compensated_by"] = self.read_compensations
            else:
                known["way"] = self.read_way
            fields(item, known, list(known))
            seen.append((item["class"], sorted(item.get("way", []))))
        need(all(one not in seen[:i] for i, one in enumerate(seen)), "once")

    @staticmethod
    def read_compensations(value):
        need(isinstance(value, list) and value, "what makes up for it")
        need(all(item in ("approvers", "hold", "alarm", "lasts") for item in value), "known")
        need(len(set(value)) == len(value), "once")

    @staticmethod
    def read_way(value):
        need(isinstance(value, list) and value, "a way")
        for item in value:
            parts = text(item).split("@")
            need(len(parts) <= 2, "a thing, or one of somebody's")
            need(all(re.fullmatch("[a-z0-9._-]{1,64}", part) for part in parts), "a name")

    @staticmethod
    def read_day(value):
        need(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text(value), re.ASCII), "a day")
        try:
            datetime.date.fromisoformat(value)
        except ValueError as error:
            raise Refused("a day") from error

    def read_dominance(self, value):
        classes = [c["name"] for c in self.classes]
        if isinstance(value, list):
            need(all(name(item) in classes for item in value), "a class")
            classes = distinct(value)
        else:
            need(value == "all", "all")
        need(all(c in self.doors for c in classes), "a front door")

    def read_people(self, value):
        need(isinstance(value, dict), "a mapping")
        for key, item in value.items():
            need(key in [c["name"] for c in self.classes], "a class")
            count(item, 1, 8)

    @staticmethod
    def names(value):
        need(isinstance(value, list) and value, "names")
        return distinct([name(item) for item in value])

    def things(self, value):
        rested = set().union(*(rule["rests_on"] for rule in self.signals.values()))
        need(set(self.names(value)) <= rested, "things")

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
        need(len(out) <= 16, "kinds")
        return out

    @staticmethod
    def hold(value):
        got = fields(value, {"for": duration, "unless": lambda v: word(v, "strong")}, ["for"])
        return got["for"], 0 if "unless" in got else got["for"]

    @staticmethod
    def review(value):
        if isinstance(value, Scalar):
            return some_time(value), False
        got = fields(value, {"within": some_time, "batch": boolean}, ["within"])
        return got["within"], got.get("batch", False)

    def floor(self, value):
        need(name(value) in self.tiers, "a tier")
        return str(value)

    def action(self, key, value):
        need(key in ACTIONS, "an action")
        floor = self.floor(value)
        need(self.tiers[floor]["signals"] > 0 or key == "suspend", "an action that only takes away")
        return str(key), floor

    def read_classes(self, value):
        need(isinstance(value, list) and value, "classes")
        out = [
            fields(item, {"name": name, "when": self.class_condition, "floor": self.floor}, ["name"]) for item in value
        ]
        need(len({c["name"] for c in out}) == len(out), "names")
        need(["when" in c for c in out] == [True] * (len(out) - 1) + [False], "exactly the last has no condition")
        return out

    @staticmethod
    def class_condition(value):
        return Condition(text(value), "class", {})

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
                "approvals_per_approver_1h": lambda v: count(v, 1, 1000),
                "cooldown_after_own_recovery": duration,
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
    "account.usual_country": "string",
    "account.proofed_age": "duration",
    "account.recovery_factor_age": "duration",
    "agent.organization": "string",
    "agent.team": "string",
    "request.channel": "string",
    "request.network_country": "string",
    "request.cases_24h": "int",
    "request.cases_1h": "int",
    "agent.cases_1h": "int",
    "request.overdue_reviews": "int",
    "request.objected_24h": "bool",
    "risk.points": "int",
    "action": "string",
}
TOKEN = re.compile(
    r"""(?P<op>==|!=|<=|>=|<|>|&&|\|\||!|\(|\))|(?P<string>'[^'\\\r\n]*'|"[^"\\\r\n]*")"""
    r"""|(?P<int>-?[0-9]+(?![A-Za-z0-9_.]))|(?P<word>[A-Za-z_.][A-Za-z0-9_.]*)"""
)
RELATIONS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def cel_duration(source):
    match = re.fullmatch(r"(?:([0-9]+)h)?(?:([0-9]+)m(?!s))?(?:([0-9]+)s)?(?:([0-9]+)ms)?", source)
    need(match and source, "a duration")
    total = 0
    for number, unit in zip(match.groups(), ("h", "m", "s", "ms")):
        need(number is None or int(number) < 2**32, "32 bits")
        total += int(number or 0) * UNITS[unit]
    need(total <= 36500 * DAY, "a duration")
    return total


class Condition:
    """Parsed to a function of the case. `negative`: within an odd number of `!`."""

    def __init__(self, source, place, levels):
        need(len(source.encode()) <= 1024, "too long")
        self.place, self.levels = place, levels
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
        self.evaluate = self.condition(0, False)
        need(self.at == len(self.tokens), "a condition")

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, token):
        if self.peek() != token:
            return False
        self.at += 1
        return True

    def condition(self, depth, negative):
        need(depth <= 32, "too deep")
        return self.chain("||", True, lambda: self.chain("&&", False, lambda: self.unary(depth, negative)))

    def chain(self, operator, settles, part):
        left = part()
        while self.take(operator):
            left = self.logical(left, part(), settles)
        return left

    @staticmethod
    def logical(left, right, settles):
        def evaluate(case):
            both = [left(case), right(case)]
            if settles in both:
                return settles
            return ERROR if ERROR in both else not settles

        return evaluate

    def at_relation(self):
        return self.peek() in RELATIONS or self.peek() == "in"

    def unary(self, depth, negative):
        if self.take("!"):
            inner = self.negated(depth, negative)
        else:
            inner = self.enclosed(depth, negative)
            if inner is None:
                left = self.operand()
                need(self.at_relation() or left[0] == "bool", "bool")
                inner = self.relation(left, negative) if self.at_relation() else left[1]
        need(not self.at_relation(), "no relation here")
        return inner

    def enclosed(self, depth, negative):
        """What stands in parentheses, or has(); None when neither begins here."""
        if self.take("("):
            inner = self.condition(depth + 1, negative)
            need(self.take(")"), ")")
            return inner
        return self.has(negative) if self.take("has") else None

    def negated(self, depth, negative):
        """After a `!`."""
        need(depth <= 32, "too deep")
        if self.take("!"):
            inner = self.negated(depth + 1, not negative)
        else:
            inner = self.enclosed(depth + 1, not negative)
            if inner is None:
                kind, inner, _ = self.operand()
                need(kind == "bool", "bool")

        def evaluate(case):
            got = inner(case)
            return ERROR if got is ERROR else not got

        return evaluate

    def has(self, negative):
        need(self.take("("), "(")
        path = self.peek()
        need(path in ATTRIBUTES and "." in path and self.readable(path), "a field")
        self.at += 1
        need(self.take(")"), ")")
        need(self.place != "class" and negative, "has")
        return lambda case: case[path] is not ERROR

    def readable(self, path):
        if self.place == "class":
            return path.startswith("account.")
        return self.place == "rule" or path != "risk.points"

    def relation(self, left, negative):
        operator = self.peek()
        self.at += 1
        right = self.operand()
        if operator == "in":
            need((left[0], right[0]) == ("string", "list"), "types")
            return lambda case: self.strict(left, right, case, lambda a, b: a in b)
        need(left[0] == right[0] != "list", "types")
        need(operator in ("==", "!=") or left[0] in ("int", "duration"), "order")
        for side, other in ((left, right), (right, left)):
            need(side[2] != "action" or other[2] or other[1]({}) in ACTIONS, "an action")
        if "risk.points" in (left[2], right[2]):
            need(None in (left[2], right[2]), "a number")
            upward = TURNED.get(operator) if right[2] else operator
            need(upward in (("<", "<=") if negative else (">", ">=")), "the direction of more")
        return lambda case: self.strict(left, right, case, RELATIONS[operator])

    @staticmethod
    def strict(left, right, case, function):
        a, b = left[1](case), right[1](case)
        return ERROR if a is ERROR or b is ERROR else function(a, b)

    def operand(self):
        """Its type, a function of the case, and the attribute's name (None: a literal)."""
        need(self.at < len(self.tokens), "a value")
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return "string", lambda case: token[1:-1], None
        if kind == "int":
            need(-(2**63) <= int(token) < 2**63, "64 bits")
            return "int", lambda case: int(token), None
        if token in ("true", "false"):
            return "bool", lambda case: token == "true", None
        if token == "duration":
            need(self.take("(") and self.at < len(self.tokens) and self.tokens[self.at][0] == "string", "a string")
            span = cel_duration(self.tokens[self.at][1][1:-1])
            self.at += 1
            need(self.take(")"), ")")
            return "duration", lambda case: span, None
        if token.startswith("risk.") and token != "risk.points" and self.place == "rule":
            need(token[5:] in self.levels, "a level")
            return "int", lambda case: self.levels[token[5:]], None
        need(token in ATTRIBUTES and self.readable(token), "an attribute")
        return ATTRIBUTES[token], lambda case: case[token], token


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
        "alarm": a["alarm"] or b["alarm"],
        "lists": other_or(min, a["lists"], b["lists"]),
    }


# ---- section 5: door one ----------------------------------------------------------------------


def may_count(policy, requirement, evidence, now):
    rule = policy.signals.get(evidence["signal"])
    at = time_of(evidence["at"])
    long_enough = lambda key, least: key in evidence and at - time_of(evidence[key]) >= least
    return (
        evidence["result"] == "passed"
        and rule is not None
        and (requirement["allow"] is None or evidence["signal"] in requirement["allow"])
        and not evidence["rests_on_account"]
        and at <= now
        and ("fresh" not in rule or now - at <= rule["fresh"])
        and ("enrolled_for" not in rule or long_enough("enrolled_at", rule["enrolled_for"]))
        and ("unchanged_for" not in rule or long_enough("unchanged_since", rule["unchanged_for"]))
        and (
            "valid_for" not in rule
            or "data_at" in evidence
            and 0 <= at - time_of(evidence["data_at"]) <= rule["valid_for"]
        )
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


def fits(who, home, approver):
    role, outside, place = who
    wanted = home if place == "account.organization" else place
    return (
        (role is None or role in approver["seats"])
        and (outside is None or approver["team"] != outside)
        and (place is None or approver["organization"] == wanted)
    )


def most_seated(seats, people, home):
    """How many of the seats can be filled, each by another person."""
    holder = {}

    def place(person, asked):
        for i, who in enumerate(seats):
            if i not in asked and fits(who, home, people[person]):
                asked.add(i)
                if i not in holder or place(holder[i], asked):
                    holder[i] = person
                    return True
        return False

    return sum(place(person, set()) for person in range(len(people)))


def objection(limits, a, earlier, kinds, home):
    if a["person"] in [e["person"] for e in earlier]:
        return 1
    most, cooldown = limits.get("approvals_per_approver_1h"), limits.get("cooldown_after_own_recovery")
    if most is not None and ("approvals_1h" not in a or a["approvals_1h"] >= most):
        return 3
    if cooldown is not None and ("since_recovery" not in a or duration(Scalar(a["since_recovery"])) < cooldown):
        return 4
    return 0 if any(fits(who, home, a) for who in kinds) else 2


# ---- section 8: the decision --------------------------------------------------------------------

NOTHING = {
    "signals": 0,
    "strong": 0,
    "include": [],
    "allow": None,
    "approvers": {},
    "hold_without_strong": 0,
    "hold_with_strong": 0,
    "review": None,
    "lasts": None,
    "alarm": False,
    "lists": None,
}
POLICIES = {}


def policy_of(source):
    if source not in POLICIES:
        POLICIES.clear()
        try:
            POLICIES[source] = Policy(source)
        except Refused as why:
            POLICIES[source] = why
    return POLICIES[source]


def decide(question):
    policy = policy_of(question["policy"])
    if isinstance(policy, Refused):
        return {"refused": str(policy)}
    action, now = question["action"], time_of(question["now"])
    case = {attribute: question["facts"].get(attribute, ERROR) for attribute in ATTRIBUTES} | {"action": action}
    requirement, classes = NOTHING, []
    for c in policy.classes:
        truth = c["when"].evaluate(case) if "when" in c else True
        if truth is False:
            continue
        classes.append([c["name"], truth is True])
        if "floor" in c and action != "suspend":
            requirement = join(requirement, policy.tiers[c["floor"]])
        if truth is True:
            break
    if action in policy.actions:
        requirement = join(requirement, policy.tiers[policy.actions[action]])
    points = [[i, p["when"].evaluate(case)] for i, p in enumerate(policy.points)]
    points = [[i, truth is True] for i, truth in points if truth is not False]
    case["risk.points"] = sum(policy.points[i]["add"] for i, _ in points)
    fired = [(rule, rule["when"].evaluate(case)) for rule in policy.rules]
    fired = [(rule, truth is True) for rule, truth in fired if truth is not False]
    for rule, _ in fired:
        requirement = join(requirement, rule["asks"])
    denying = [rule["id"] for rule, _ in fired if "deny" in rule]
    cases = case["request.cases_24h"]
    denied = 0
    if action not in policy.actions:
        denied = 1
    elif case["account.active"] is not True:
        denied = 2
    elif action == "unlock" and case["account.admin"] is not False:
        denied = 3
    elif denying:
        denied = 4
    elif cases is ERROR or cases >= policy.limits["cases_per_account_24h"]:
        denied = 5
    elif len(requirement["approvers"]) > 16:
        denied = 6
    verified_at = time_of(question["verified_at"]) if "verified_at" in question else None
    judged_at = now if verified_at is None else verified_at
    met, strong, numbers = counted(policy, requirement, question["evidence"], judged_at)
    home = "" if case["account.organization"] is ERROR else case["account.organization"]
    objections = [
        objection(policy.limits, a, question["approvers"][:i], requirement["approvers"], home)
        for i, a in enumerate(question["approvers"])
    ]
    people = [a for a, no in zip(question["approvers"], objections) if no == 0]
    seats = [who for who, number in requirement["approvers"].items() for _ in range(number)]
    open_seats = len(seats) - most_seated(seats, people, home)
    holds = [requirement["hold_with_strong" if strong else "hold_without_strong"]]
    if requirement["alarm"]:
        holds = []
        for n in policy.notices.values():
            apart = [
                e
                for e in question["evidence"]
                if e["signal"] in policy.signals and not policy.signals[e["signal"]]["rests_on"] & n["rests_on"]
            ]
            enough, strong_apart, _ = counted(policy, requirement, apart, judged_at)
            if enough:
                holds.append(requirement["hold_with_strong" if strong_apart else "hold_without_strong"])
    alarmed = bool(holds)
    hold = min(holds, default=requirement["hold_with_strong" if strong else "hold_without_strong"])
    waited = 0 if verified_at is None or verified_at > now else now - verified_at
    left = max(0, hold - waited)
    permitted = met and open_seats == 0 and left == 0 and alarmed
    return {
        "decision": "deny" if denied else "permit" if permitted else "pending",
        "denied": denied,
        "denied_by": denying[0] if denied == 4 else None,
        "class": classes[0][0],
        "classes": classes,
        "points": points,
        "risk": case["risk.points"],
        "rules": [[rule["id"], known] for rule, known in fired],
        "requirement": requirement,
        "limits": {key: policy.limits[key] for key in LIMITS},
        "verified": met,
        "strong": strong,
        "counted": numbers,
        "approvers": objections,
        "open": open_seats,
        "hold_left": left,
    }


# ---- both in one form -------------------------------------------------------------------------

EPOCH = datetime.datetime(1970, 1, 1)


def time_of(moment):
    return (datetime.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ") - EPOCH) // datetime.timedelta(milliseconds=1)


def moment_of(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


LIMITS = ["cases_per_account_24h", "tries_per_signal", "case_lifetime", "verified_for"]


def from_probe(answer):
    """The probe's answer as decide() gives it."""
    if "refused" in answer:
        return answer
    r = answer["requirement"]
    span = lambda value: duration(Scalar(value))
    r["approvers"] = {(c.get("role"), c.get("outside"), c.get("from")): c["at_least"] for c in r["approvers"]}
    r["hold_without_strong"], r["hold_with_strong"] = span(r["hold_without_strong"]), span(r["hold_with_strong"])
    r["review"] = (span(r["review"]["within"]), r["review"]["batch"]) if "review" in r else None
    r["lasts"] = span(r["lasts"]) if "lasts" in r else None
    r.setdefault("allow", None)
    r.setdefault("alarm", False)
    r.setdefault("lists", None)
    a, b, c, d = answer["limits"]
    answer["limits"] = dict(zip(LIMITS, (a, b, span(c), span(d))))
    answer["hold_left"] = span(answer["hold_left"])
    return answer


def seats_differ(question, mine, theirs):
    """Which seats stay open the document leaves free: as many as here, and the others can be filled."""
    if "refused" in mine or "refused" in theirs:
        return False
    kinds, home = mine["requirement"]["approvers"], question["facts"].get("account.organization", "")
    people = [a for a, no in zip(question["approvers"], mine["approvers"]) if no == 0]
    still = {tuple(part or None for part in key.split("|")): number for key, number in theirs["open"].items()}
    filled = [who for who in kinds for _ in range(kinds[who] - still.get(who, 0))]
    fine = set(still) <= set(kinds) and all(0 <= number <= kinds[who] for who, number in still.items())
    theirs["open"] = sum(still.values())
    return not fine or most_seated(filled, people, home) != len(filled)


# ---- random questions -------------------------------------------------------------------------

THINGS = ["device", "handset", "mailbox", "code_sheet", "number", "voucher"]
TIERS = ["light", "standard", "guarded", "vault"]
ROLES, TEAMS, HOMES = ["lead", "chief", "clerk"], ["desk", "security"], ["north", "south"]


# Well-formed, but not in every place, or in none.
FORBIDDEN = [
    "!has(account.admin)",
    "agent.team == 'desk'",
    "request.cases_24h > 1",
    "risk.points > 20",
    "risk.points > request.cases_24h",
    "risk.points < request.cases_24h",
    "risk.points >= risk.points",
    "!has(risk.points)",
    "'a' < 'b'",
    "account.admin == true == true",
    "(account.admin) == true",
    "!account.admin == true",
    "account.groups == account.groups",
    "1 in account.groups",
    "account.proofed_age > 1",
    "duration('1h')",
    "risk.nothing > 1",
]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.wide = False

    def maybe(self, p=0.5):
        return self.r.random() < p

    def some(self, names, least=0):
        return self.r.sample(names, self.r.randint(least, min(len(names), least + 2)))

    def span(self):
        return self.r.choice(["0s", "250ms", "90s", "5m", "30m", "1h", "3d"])

    def some_span(self):
        return self.span() if self.maybe(0.05) else self.r.choice(["250ms", "90s", "5m", "1h", "3d"])

    def policy(self):
        self.wide = self.maybe(0.12)  # so many kinds of approvers that too much may be asked
        many = self.r.randint(6, len(SIGNALS)) if self.maybe(0.25) else self.r.randint(3, 5)
        self.things = THINGS if many <= 5 else THINGS + [f"thing{i}" for i in range(self.r.randint(2, 12))]
        signals = {s: self.signal(3 if many <= 5 else 2) for s in self.r.sample(SIGNALS, many)}
        self.signals = list(signals)
        self.told = self.maybe(0.4)
        tiers = {t: self.tier(list(signals)) for t in self.some(TIERS, 1)}
        classes = [self.account_class(i, list(tiers)) for i in range(self.r.randint(1, 4))]
        for c in classes[:-1]:
            c["when"] = self.quoted(self.condition(0, "class"))
        tree = {
            "policy": "random",
            "language": "1",
            "signals": signals,
            "tiers": tiers,
            "classes": classes,
            "actions": {a: self.r.choice(list(tiers)) for a in self.some(ACTIONS[:3] + ACTIONS[-1:], 2)},
        }
        if self.told or self.maybe(0.02):
            tree["notices"] = {n: self.notice() for n in self.some(["mail", "push", "letter"], 1)}
        levels = {"high": self.r.choice(["30", "40"]), "low_1": "10"} if self.maybe(0.6) else {}
        if self.maybe(0.6):
            tree["risk"] = {"points": [self.point() for _ in range(self.r.randint(0, 3))]}
            if levels:
                tree["risk"]["levels"] = levels
        else:
            levels = {}
        if self.maybe(0.8):
            many = self.r.randint(0, 12 if self.maybe(0.1) else 3)
            tree["rules"] = [self.rule(i, list(signals), list(tiers), levels) for i in range(many)]
        if self.maybe(0.3):
            ways = [["password", "totp"], ["passkey"]]
            tree["front_door"] = {c["name"]: self.twice(ways) for c in classes if self.maybe(0.9)}
        if self.maybe(0.3):
            tree["guarantees"] = self.guarantees(classes, signals)
        if self.maybe(0.05):
            tree["acceptances"] = self.acceptances(classes)
        if self.maybe():
            tree["limits"] = {
                k: v
                for k, v in {
                    "cases_per_account_24h": "4",
                    "tries_per_signal": "2",
                    "approvals_per_approver_1h": "3",
                    "cooldown_after_own_recovery": "3d",
                    "case_lifetime": "5h",
                    "verified_for": "20m",
                }.items()
                if self.maybe()
            }
            if not tree["limits"]:
                del tree["limits"]
        if self.maybe(0.08):
            self.blunder(tree)
        source = self.write(tree)
        return self.slip(source) if self.maybe(0.25) else source

    def point(self):
        return {
            "add": self.r.choice(["10", "20", "30"]),
            "when": self.quoted(self.condition(0, "risk")),
            "because": self.r.choice(["why", '"seen {account.proofed_age} ago"']),
        }

    def rule(self, i, signals, tiers, levels):
        out = {"id": f"r{i}", "when": self.quoted(self.condition(0, "rule", levels))}
        if self.maybe(0.25):
            out["deny"] = self.r.choice(["no", '"not from {request.channel}"'])
            return out
        while len(out) == 2:
            asks = self.tier(signals)
            if self.maybe(0.7):
                del asks["signals"]
            if self.maybe(0.4):
                asks = {}
            if self.maybe(0.5):
                asks["raise"] = self.r.choice(tiers)
            out |= asks
        return out

    def acceptances(self, classes):
        ways = [["number"], ["lead", "number@boss"], ["lead", "lead"], ["a@b@c"], ["A"], []]
        days = ["2027-06-30", "2028-02-29", "2027-02-29", "2027-6-30", "soon"]
        made_up = [["hold"], ["alarm", "approvers"], ["lasts"], ["hold", "hold"], ["luck"], []]

        def one():
            out = {
                "class": self.r.choice([*classes, {"name": "nobody"}])["name"],
                "until": self.r.choice(days[: self.r.choice([2, 5])]),
                "because": "why",
            }
            if self.maybe(0.6):
                out["way"] = self.r.choice(ways[: self.r.choice([3, 6])])
                return out
            out["reading"] = "technical" if self.maybe(0.05) else "pessimistic"
            out["compensated_by"] = self.r.choice(made_up[: self.r.choice([3, 6])])
            for slip in ("reading", "compensated_by"):
                if self.maybe(0.05):
                    del out[slip]
            if self.maybe(0.05):
                out["way"] = ["number"]
            return out

        return [one() for _ in range(self.r.choice([1, 1, 2]))]

    def twice(self, names):
        """Now and then a list in which one stands twice: nothing that loads."""
        return names + names[:1] if self.maybe(0.02) else names

    def guarantees(self, classes, signals):
        thing = self.r.choice(THINGS)
        return self.some(
            [
                {"recovery_not_weaker_than_sign_in": self.r.choice(["all", self.twice([classes[-1]["name"]])])},
                {"people_needed": {classes[0]["name"]: "2"}},
                {"never_alone": self.twice(["help_desk"])},
                {"no_lockout": {"after_losing": self.twice([thing])}},
            ]
        )

    def signal(self, most):
        rule = {"rests_on": self.some(self.things, 1)[:most]}
        for field in ("fresh", "enrolled_for", "unchanged_for"):
            if self.maybe(0.35):
                rule[field] = self.span()
        if self.maybe(0.15):
            rule["valid_for"] = self.r.choice(["90s", "5m", "3d"])
        if self.maybe(0.3):
            rule["strength"] = "strong"
        if self.maybe(0.2):
            rule["kind"] = "issued"
        return rule

    def notice(self):
        rule = {"rests_on": self.some(self.things, 1)[:2]}
        return rule | ({"unchanged_for": self.span()} if self.maybe(0.3) else {})

    def tier(self, signals):
        out = {"signals": self.r.choice("11112" if len(signals) <= 5 else "12345")}
        if self.maybe(0.1):
            out["strong"] = "1" if len(signals) <= 5 else "2"
        if self.maybe(0.1):
            out["include"] = self.twice(self.some(signals)[:1])
        if self.maybe(0.1):
            out["allow"] = self.twice(self.some(signals, 2))
        if self.wide or self.maybe(0.4):
            many = self.r.randint(8, 14) if self.wide else self.r.randint(0, 2)
            out["approvers"] = [self.constraint() for _ in range(many)]
        if self.maybe(0.4):
            out["hold"] = {"for": self.r.choice(["10m", "30m", "4h"] if self.maybe(0.1) else ["10m", "30m"])} | (
                {"unless": "strong"} if self.maybe() else {}
            )
        if self.maybe(0.4):
            out["review"] = (
                self.some_span()
                if self.maybe()
                else {"within": self.some_span(), "batch": self.r.choice(["true", "false"])}
            )
        if self.maybe(0.2):
            out["lasts"] = self.some_span()
        if self.told and self.maybe(0.3):
            out["alarm"] = "independent"
        if self.maybe(0.2):
            out["lists"] = self.r.choice(["1", "2", "50", "200", "201"] if self.maybe(0.05) else ["1", "2", "50"])
        if self.maybe(0.01):
            out["signals"] = "0"
        return out

    def constraint(self):
        out = {"at_least": "1" if self.wide else self.r.choice("112")}
        while len(out) == 1:
            for field, names in (("role", ROLES), ("outside", TEAMS), ("from", HOMES + ["account.organization"])):
                if self.maybe(0.35):
                    out[field] = self.r.choice(names)
        return out

    def account_class(self, i, tiers):
        return {"name": f"class{i}"} | ({"floor": self.r.choice(tiers)} if self.maybe() else {})

    def condition(self, depth, place, levels=(), negative=False):
        if self.maybe(0.015):
            return self.r.choice(FORBIDDEN)
        roll = self.r.randint(0, 15 if depth < 4 else 11)
        if roll <= 1:
            return self.r.choice(["account.admin", "account.executive", "account.locked", "account.active"])
        if roll == 2:
            return self.r.choice(["true", "false", "1 == 1", "-2 > 3", "'' == ''", "duration('1h1m') > duration('9m')"])
        if roll <= 4:
            return f"'{self.r.choice(['Finance', 'Staff', 'Sales'])}' in account.groups"
        if roll == 5:
            return f"account.employment {self.r.choice(['==', '!='])} 'employee'"
        if roll == 6:
            return f"account.proofed_age {self.order()} duration('{self.r.choice(['1h', '24h', '0s', '1h30m'])}')"
        if roll == 7:
            return self.r.choice(
                ["account.employment in account.groups", "account.organization == 'north'", "account.admin == true"]
            )
        if place == "class":
            return "account.executive != account.admin"
        if roll == 8:
            return self.r.choice(
                [
                    f"{self.r.choice([0, 1, 2])} {self.order()} request.cases_24h",
                    f"request.cases_1h {self.order()} {self.r.choice([0, 20, 21])}",
                    f"agent.cases_1h {self.order()} request.cases_24h",
                    f"request.overdue_reviews {self.order()} {self.r.choice([0, 1])}",
                    "request.objected_24h",
                    "agent.organization != account.organization",
                    "action == 'unlock'",
                    "'password_reset' != action",
                    "request.channel == 'chat'",
                ]
            )
        if roll == 9:
            return self.r.choice(["", "!"] if self.maybe(0.02) else ["" if negative else "!"]) + (
                f"has({self.r.choice(['account.employment', 'account.proofed_age', 'request.channel'])})"
            )
        if roll <= 11:
            if place == "risk":
                return f"account.recovery_factor_age {self.order()} account.proofed_age"
            number = self.r.choice(["risk.high", "risk.low_1"] if levels else ["10", "20", "30"])
            order = self.order() if self.maybe(0.02) else self.r.choice(["<", "<="] if negative else [">", ">="])
            return f"risk.points {order} {number}"
        if roll == 12:
            return "!(" + self.condition(depth + 1, place, levels, not negative) + ")"
        if roll == 13:
            return "(" + self.condition(depth + 1, place, levels, negative) + ")"
        return (
            self.condition(depth + 1, place, levels, negative)
            + self.r.choice([" && ", " || ", "||", "&&"])
            + self.condition(depth + 1, place, levels, negative)
        )

    def order(self):
        return self.r.choice(["<", "<=", ">", ">=", "==", "!="])

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

    def blunder(self, tree):
        """What a slip of one word seldom makes: a policy that reads well and is refused for what it says."""
        rules = tree.setdefault("rules", [])
        rules.append({"id": "last", "when": "'true'", "lasts": "1h"})
        kind = self.r.randint(0, 7)
        if kind == 0:
            rules[-1]["id"] = rules[0]["id"]
        elif kind == 1:
            rules[-1]["deny"] = "no"
        elif kind == 2:
            rules[-1]["include"] = self.r.sample(list(tree["signals"]), 2)
        elif kind == 3:
            rules[-1]["approvers"] = [self.constraint() for _ in range(30)]
        elif kind == 4:
            tree["risk"] = {"points": [], "levels": {"high": "20", "low_1": self.r.choice(["20", "0", "1"])}}
        elif kind == 5:
            point = self.point() | {"add": self.r.choice(["1000", "1001", "0"])}
            tree["risk"] = tree.get("risk", {}) | {"points": [point]}
        elif kind == 6:
            tree["guarantees"] = [{"never_alone": ["desk"]}, {"never_alone": ["security"]}]
        else:
            rules[-1] = {"id": "last", "when": "'true'", "deny": self.r.choice(["'{nothing}'", "'{'", "'{action}'"])}

    def slip(self, source):
        conditions = list(re.finditer(r'when: "([^"]+)"', source))
        if conditions and self.maybe(0.3):
            return self.slip_within(source, self.r.choice(conditions).span(1))
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

    def slip_within(self, source, span):
        """One token of a condition becomes another, goes, or stands twice."""
        tokens = list(re.finditer(r"'[^']*'|[A-Za-z0-9_.]+|[=!<>&|]+|[()]", source[span[0] : span[1]]))
        token = self.r.choice(tokens)
        others = ["!", "(", ")", "==", ">=", "in", "&&", "||", "has(account.admin)", "risk.points", "risk.high", "7"]
        others += ["'x'", "duration('1m1h')", "duration('90ms')", "account.groups", "true", "", token[0] * 2]
        at, end = span[0] + token.start(), span[0] + token.end()
        return source[:at] + self.r.choice(others) + source[end:]

    def facts(self):
        r = self.r
        spans = [0, 1, 3_600_000, 3_600_001, 90 * MINUTE, DAY - 1, DAY, 9 * DAY]
        out = {
            "account.groups": self.some(["Finance", "Staff", "Other"]),
            "account.admin": self.maybe(0.2),
            "account.executive": self.maybe(0.2),
            "account.active": self.maybe(0.95),
            "account.locked": self.maybe(),
            "account.employment": r.choice(["employee", "contractor", "Staff"]),
            "account.organization": r.choice(HOMES),
            "account.usual_country": "CH",
            "account.proofed_age": r.choice(spans),
            "account.recovery_factor_age": r.choice(spans),
            "agent.organization": r.choice(HOMES),
            "agent.team": r.choice(TEAMS),
            "request.channel": r.choice(["phone", "chat"]),
            "request.network_country": "CH",
            "request.cases_24h": r.choice([0, 0, 0, 1, 2, 3]),
            "request.cases_1h": r.choice([0, 1, 20, 21, 1000]),
            "agent.cases_1h": r.choice([0, 1, 2]),
            "request.overdue_reviews": r.choice([0, 0, 1, 2]),
            "request.objected_24h": self.maybe(0.2),
        }
        drop = r.choice([0, 0, 0.03, 0.2])
        return {key: value for key, value in out.items() if not self.maybe(drop)}

    def evidence(self, now):
        out = []
        for number in range(1, self.r.randint(0, 7 if self.maybe(0.9) else 14) + 1):
            at = now - self.r.choice([-1, 0, 0, 0, 1, 250, 251, 90000, 90001, 5 * MINUTE, 5 * MINUTE + 1, 30 * MINUTE])
            e = {
                "number": number,
                "signal": self.r.choice(SIGNALS if self.maybe(0.1) else self.signals),
                "result": self.r.choice(["passed"] * 5 + ["failed"]),
                "at": moment_of(at),
                "rests_on_account": self.maybe(0.1),
                "detail": "",
            }
            for field in ("enrolled_at", "unchanged_since", "data_at"):
                if self.maybe(0.85):
                    e[field] = moment_of(
                        at - self.r.choice([-1, 0, 250, 249, 90000, 5 * MINUTE - 1, 3 * DAY, 3 * DAY - 1, 400 * DAY])
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
            | ({"approvals_1h": self.r.choice([0, 0, 2, 3])} if self.maybe(0.9) else {})
            | ({"since_recovery": self.r.choice(["36500d", "36500d", "3d", "71h"])} if self.maybe(0.9) else {})
            for _ in range(self.r.randint(0, 6))
        ]

    def questions(self):
        """Several about one policy, so that it is read once."""
        policy = self.policy()
        for _ in range(8):
            now = 1_800_000_000_000 + self.r.randint(0, 10**9)
            action = self.r.choice(ACTIONS[:4] + ACTIONS[-1:])
            waited = self.r.choice([0, 10 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE, DAY, -1]) if self.maybe() else None
            out = {
                "policy": policy,
                "facts": self.facts() | {"action": action},
                "action": action,
                "evidence": self.evidence(now - (waited or 0)),  # laid around the moment at which it is judged
                "approvers": self.approvers(),
                "now": moment_of(now),
            }
            if waited is not None:
                out["verified_at"] = moment_of(now - waited)
            yield out


def order_of(decision):
    return ["permit", "pending", "deny"].index(decision)


def count_kinds(tally, mine):
    hold = mine["requirement"]["hold_with_strong" if mine["strong"] else "hold_without_strong"]
    tally[f"denied for reason {mine['denied']}"] += 1
    tally["verified"] += mine["verified"]
    tally["permit with approvals"] += mine["decision"] == "permit" and bool(mine["requirement"]["approvers"])
    tally["permit after a hold"] += mine["decision"] == "permit" and hold > 0
    for kind in ("classes", "points", "rules"):
        tally[f"unknown among {kind}"] += any(not known for _, known in mine[kind])


def compare(options, seed, cases):
    """One worker's share: the tally, or the difference in words."""
    maker = Maker(seed)
    tally = dict.fromkeys(KINDS, 0)
    questions = []
    while len(questions) < cases:
        questions.extend(maker.questions())
    for question, answer in zip(questions, prober.ask(options.probe, questions)):
        mine, theirs = decide(question), from_probe(answer)
        if "refused" not in mine and "refused" not in theirs and len(mine["requirement"]["approvers"]) > 16:
            for said in (mine, theirs):
                said["requirement"]["approvers"], said["approvers"], said["open"] = {}, [], {}
            mine["open"] = 0
        seats = seats_differ(question, mine, theirs)
        same = "refused" in theirs if "refused" in mine else mine == theirs and not seats
        if not same:
            if "refused" not in theirs and "refused" not in mine:
                for key in mine:
                    if mine[key] != theirs[key]:
                        print(f"{key}: {mine[key]} / {theirs[key]}")
            return tally, "\n".join(
                [
                    question["policy"],
                    json.dumps({key: question[key] for key in question if key != "policy"}, indent=1),
                    f"the twin says:  {mine}",
                    f"Sallyport says: {theirs}",
                    f"they differ; seed {seed}",
                ]
            )
        tally[mine.get("decision", "refused")] += 1
        if "refused" in mine:
            continue
        count_kinds(tally, mine)
    problem = knowing_less(options, maker, questions[:: max(1, cases // 2000)], tally)
    return tally, problem


def one_rule_more(maker, policy, source):
    rule = maker.rule(0, list(policy.signals), list(policy.tiers), policy.levels) | {"id": "added"}
    more = f"rules:\n  - {maker.flow(rule)}\n"
    head = re.search(r"^rules:( \[\])?(  # why)?\n", source, re.MULTILINE)
    return source[: head.start()] + more + source[head.end() :] if head else source + more


def knowing_less(options, maker, questions, tally):
    """Dropping a fact, or adding a rule, turns no deny or pending into a permit."""
    pairs = []
    for question in questions:
        dropped = maker.r.choice(sorted(question["facts"]))
        fewer = {key: value for key, value in question["facts"].items() if key != dropped}
        pairs.append((question, question | {"facts": fewer}))
        policy = policy_of(question["policy"])
        if not isinstance(policy, Refused):
            pairs.append((question, question | {"policy": one_rule_more(maker, policy, question["policy"])}))
    answers = prober.ask(options.probe, [q for pair in pairs for q in pair])
    for (_, changed), before, after in zip(pairs, answers[::2], answers[1::2]):
        if "refused" in before or "refused" in after:
            continue
        tally["a rule more" if "added" in changed["policy"] else "a fact less"] += 1
        if order_of(after["decision"]) < order_of(before["decision"]):
            return f"{json.dumps(changed)}\nknowing less, or one rule more, made it easier: {before} {after}"
    return None


KINDS = ["refused", "permit", "pending", "deny"]  # of answers; and what among them
KINDS += [f"denied for reason {number}" for number in range(7)]
KINDS += ["verified", "unknown among classes", "unknown among points", "unknown among rules"]
KINDS += ["permit with approvals", "permit after a hold", "a fact less", "a rule more"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chunk = 5000
    shares = range(-(-options.cases // chunk))
    shares = [(options, options.seed * 100_000 + share, min(chunk, options.cases)) for share in shares]
    total = dict.fromkeys(KINDS, 0)
    with multiprocessing.Pool(2) as pool:
        for tally, problem in pool.starmap(compare, shares, chunksize=1):
            if problem:
                print(problem)
                return 1
            for kind, number in tally.items():
                total[kind] += number
    print(f"{sum(total[kind] for kind in KINDS[:4])} cases, one mind: {total}")
    rare = [kind for kind, number in total.items() if number < options.cases // (100 if kind in KINDS[:4] else 1000)]
    if rare:
        print(f"but these were hardly tried: {rare}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
