"""docs/policy.schema.json, for editors, against `sallyport policy check`, which is the judge.

What Sallyport loads, the schema accepts, or an editor marks a good line as bad. What the schema can see of a slip, it
refuses: for each such slip both say no, and the schema at the place where the slip is.
"""

import itertools
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import pytest
import yaml

from framework.site import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "reference"))

import policy_twin as twin  # noqa: E402  its folder is known only now

EXAMPLES = ROOT / "examples" / "policies"
SCHEMA = json.loads((ROOT / "docs" / "policy.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
POLICIES = sorted(p.name for p in EXAMPLES.glob("*.yaml") if p.name.count(".") == 1)

# Every field of the language stands here, so that every one can be written wrong.
FULL = """policy: full
language: 1
signals:
  passkey: {rests_on: [device], fresh: 5m, strength: strong}
  totp: {rests_on: [handset], enrolled_for: 1d}
  mail_code: {rests_on: [mailbox, provider], fresh: 24h, unchanged_for: 3d, kind: issued}
  proofing: {rests_on: [papers], valid_for: 36500d}
notices:
  letter: {rests_on: [address], unchanged_for: 30d}
tiers:
  none: {signals: 0}
  light: {signals: 1, review: 7d, lasts: 8h}
  guarded:
    signals: 2
    strong: 1
    include: [passkey]
    allow: [passkey, totp, mail_code]
    approvers: [{at_least: 2, role: lead, outside: desk, from: account.organization}]
    hold: {for: 30m, unless: strong}
    review: {within: 72h, batch: true}
    alarm: independent
    lists: 50
classes:
  - {name: tier0, when: "account.admin", floor: guarded}
  - {name: workforce}
actions: {unlock: light, password_reset: guarded, suspend: none}
risk:
  points:
    - {add: 40, when: "request.cases_24h >= 1", because: "not the first, {account.proofed_age} {risk.points}"}
  levels: {high: 40}
rules:
  - {id: leaver, when: "!account.active", deny: "gone, says {account.employment}"}
  - {id: risky, when: "risk.points >= risk.high", raise: guarded, lasts: 4h}
front_door:
  tier0: [[security_key], [password, totp]]
  workforce: [[passkey]]
limits:
  cases_per_account_24h: 3
  tries_per_signal: 5
  approvals_per_approver_1h: 6
  cooldown_after_own_recovery: 72h
  case_lifetime: 8h
  verified_for: 1h
guarantees:
  - recovery_not_weaker_than_sign_in: [tier0]
  - people_needed: {tier0: 3}
  - never_alone: [desk, third_party]
  - no_lockout: {after_losing: [handset]}
  - people_needed_with_governance: {workforce: 2}
acceptances:
  - {class: workforce, way: [lead, handset@boss], until: 2027-06-30, because: "judged"}
  - {class: tier0, reading: pessimistic, compensated_by: [approvers, hold], until: 2027-06-30, because: "two"}
"""

# What is replaced, by what, and where the schema sees that it is wrong: "" is the whole policy.
SLIPS = [
    # a member that nobody knows, at each level
    ("policy: full", "policy: full\nversion: 2", ""),
    ("{rests_on: [device], fresh: 5m", "{rests_on: [device], freshness: 5m", "signals/passkey"),
    ("  totp:", "  otp:", "signals"),
    ("  totp:", "  birthday:", "signals"),
    ("{signals: 1, review: 7d", "{signals: 1, reviewed: 7d", "tiers/light"),
    ("role: lead", "seat: lead", "tiers/guarded/approvers/0"),
    ("unless: strong", "except: strong", "tiers/guarded/hold"),
    ("batch: true", "batched: true", "tiers/guarded/review"),
    ("floor: guarded", "tier: guarded", "classes/0"),
    ("unlock: light", "unlok: light", "actions"),
    ("  levels:", "  level:", "risk"),
    ('because: "not', 'why: "not', "risk/points/0"),
    ("raise: guarded", "raises: guarded", "rules/1"),
    ("tries_per_signal", "tries_per_signals", "limits"),
    ("- never_alone", "- not_alone", "guarantees/2"),
    ("after_losing:", "losing:", "guarantees/3/no_lockout"),
    ("reading: pessimistic", "reading: technical", "acceptances/1/reading"),
    ("[approvers, hold]", "[approvers, luck]", "acceptances/1/compensated_by/1"),
    ("[approvers, hold]", "[hold, hold]", "acceptances/1/compensated_by"),
    ("[approvers, hold]", "[]", "acceptances/1/compensated_by"),
    ("reading: pessimistic, ", "", "acceptances/1"),
    ("compensated_by: [approvers, hold]", "way: [lead]", "acceptances/1"),
    ("way: [lead, handset@boss], ", "", "acceptances/0"),
    # a word that is not on the list
    ("strength: strong", "strength: weak", "signals/passkey/strength"),
    ("strength: strong", "strength: Strong", "signals/passkey/strength"),
    ("kind: issued", "kind: sent", "signals/mail_code/kind"),
    ("unless: strong", "unless: weak", "tiers/guarded/hold/unless"),
    ("include: [passkey]", "include: [pass_key]", "tiers/guarded/include/0"),
    ("allow: [passkey,", "allow: [sms,", "tiers/guarded/allow/0"),
    ("[security_key]", "[yubikey]", "front_door/tier0/0/0"),
    ("sign_in: [tier0]", "sign_in: every", "guarantees/0/recovery_not_weaker_than_sign_in"),
    ("[papers]", "[date_of_birth]", "signals/proofing/rests_on/0"),
    # a number out of its range, or no number
    ("language: 1", "language: 2", "language"),
    ("language: 1", "language: '1'", "language"),
    ("light: {signals: 1", "light: {signals: -1", "tiers/light/signals"),
    ("lists: 50", "lists: 0", "tiers/guarded/lists"),
    ("lists: 50", "lists: 201", "tiers/guarded/lists"),
    ("lists: 50", "lists: all", "tiers/guarded/lists"),
    ("alarm: independent", "alarm: yes", "tiers/guarded/alarm"),
    ("letter: {rests_on: [address], unchanged_for: 30d}", "letter: {}", "notices/letter"),
    ("letter: {rests_on: [address], unchanged_for: 30d}", "letter: {rests_on: []}", "notices/letter/rests_on"),
    ("[address], unchanged_for", "[address], unchanged", "notices/letter"),
    ("  letter:", "  Letter:", "notices"),
    ("light: {signals: 1", "light: {signals: 9", "tiers/light/signals"),
    ("light: {signals: 1", "light: {signals: '1'", "tiers/light/signals"),
    ("light: {signals: 1", "light: {signals: one", "tiers/light/signals"),
    ("light: {signals: 1", "light: {signals: 1.5", "tiers/light/signals"),
    ("light: {signals: 1", "light: {signals: true", "tiers/light/signals"),
    ("strong: 1", "strong: 9", "tiers/guarded/strong"),
    ("strong: 1", "strong: -1", "tiers/guarded/strong"),
    ("at_least: 2", "at_least: 0", "tiers/guarded/approvers/0/at_least"),
    ("at_least: 2", "at_least: 9", "tiers/guarded/approvers/0/at_least"),
    ("add: 40", "add: 0", "risk/points/0/add"),
    ("add: 40", "add: 1001", "risk/points/0/add"),
    ("high: 40", "high: 0", "risk/levels/high"),
    ("high: 40", "high: 40, highest: 1000001", "risk/levels/highest"),
    ("cases_per_account_24h: 3", "cases_per_account_24h: 1001", "limits/cases_per_account_24h"),
    ("tries_per_signal: 5", "tries_per_signal: 11", "limits/tries_per_signal"),
    ("tries_per_signal: 5", "tries_per_signal: 0", "limits/tries_per_signal"),
    ("approvals_per_approver_1h: 6", "approvals_per_approver_1h: 0", "limits/approvals_per_approver_1h"),
    ("tier0: 3", "tier0: 9", "guarantees/1/people_needed/tier0"),
    ("workforce: 2", "workforce: 0", "guarantees/4/people_needed_with_governance/workforce"),
    # something needed is missing
    ("policy: full\n", "", ""),
    ("policy: full", "policy:", "policy"),
    ("policy: full", "policy: ''", "policy"),
    ("language: 1\n", "", ""),
    ("actions: {unlock: light, password_reset: guarded, suspend: none}\n", "", ""),
    ("rests_on: [handset], ", "", "signals/totp"),
    ("light: {signals: 1, ", "light: {", "tiers/light"),
    ("at_least: 2, ", "", "tiers/guarded/approvers/0"),
    (", role: lead, outside: desk, from: account.organization", "", "tiers/guarded/approvers/0"),
    ("for: 30m, ", "", "tiers/guarded/hold"),
    ("within: 72h, ", "", "tiers/guarded/review"),
    ("{name: tier0, ", "{", "classes/0"),
    ('  - {name: tier0, when: "account.admin",', "  - {name: tier0,", "classes"),
    ("{name: workforce}", '{name: workforce, when: "account.admin"}', "classes"),
    ("add: 40, ", "", "risk/points/0"),
    ("id: leaver, ", "", "rules/0"),
    ('when: "!account.active", ', "", "rules/0"),
    (", raise: guarded, lasts: 4h", "", "rules/1"),
    ("raise: guarded,", "raise: guarded, deny: no,", "rules/1"),
    ("{after_losing: [handset]}", "{}", "guarantees/3/no_lockout"),
    # nothing where something must be, or the same twice
    ("[device]", "[]", "signals/passkey/rests_on"),
    ("[mailbox, provider]", "[mailbox, mailbox]", "signals/mail_code/rests_on"),
    ("{unlock: light, password_reset: guarded, suspend: none}", "{}", "actions"),
    ("levels: {high: 40}", "levels: {}", "risk/levels"),
    ("workforce: [[passkey]]", "workforce: []", "front_door/workforce"),
    ("workforce: [[passkey]]", "workforce: [[]]", "front_door/workforce/0"),
    ("[password, totp]", "[totp, totp]", "front_door/tier0/1"),
    ("[desk, third_party]", "[]", "guarantees/2/never_alone"),
    ("[desk, third_party]", "[desk, desk]", "guarantees/2/never_alone"),
    ("include: [passkey]", "include: [passkey, passkey]", "tiers/guarded/include"),
    ("allow: [passkey,", "allow: [totp, passkey,", "tiers/guarded/allow"),
    ("sign_in: [tier0]", "sign_in: [tier0, tier0]", "guarantees/0/recovery_not_weaker_than_sign_in"),
    ("after_losing: [handset]", "after_losing: [handset, handset]", "guarantees/3/no_lockout/after_losing"),
    ("workforce: [[passkey]]", "workforce: [[passkey], [passkey]]", "front_door/workforce"),
    ("after_losing: [handset]", "after_losing: []", "guarantees/3/no_lockout/after_losing"),
    ("- people_needed: {tier0: 3}", "- {}", "guarantees/1"),
    ("  - never_alone", "    never_alone", "guarantees/1"),
    ("- people_needed: {tier0: 3}", "- never_alone: [desk, third_party]", "guarantees"),
    # another kind of value
    ("{rests_on: [device], fresh: 5m, strength: strong}", "[device]", "signals/passkey"),
    ("[device]", "device", "signals/passkey/rests_on"),
    ("include: [passkey]", "include: passkey", "tiers/guarded/include"),
    ("hold: {for: 30m, unless: strong}", "hold: 30m", "tiers/guarded/hold"),
    ("batch: true", "batch: 'true'", "tiers/guarded/review/batch"),
    ("batch: true", "batch: yes", "tiers/guarded/review/batch"),
    ('when: "account.admin"', "when: {account.admin: true}", "classes/0/when"),
    ('when: "account.admin"', "when: 1", "classes/0/when"),
    ('when: "account.admin"', 'when: ""', "classes/0/when"),
    ('when: "account.admin"', f'when: "{"account.admin || " * 80}true"', "classes/0/when"),
    ("unlock: light", "unlock: [light]", "actions/unlock"),
    ("workforce: [[passkey]]", "workforce: [passkey]", "front_door/workforce/0"),
    ("sign_in: [tier0]", "sign_in: {tier0: 1}", "guarantees/0/recovery_not_weaker_than_sign_in"),
    ("tier0: 3", "tier0: '3'", "guarantees/1/people_needed/tier0"),
    # no duration, or one out of its range
    ("fresh: 5m", "fresh: 5", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: 5 m", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: 5M", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: 1h30m", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: -5m", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: 1.5h", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: 2w", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh: m", "signals/passkey/fresh"),
    ("fresh: 5m", "fresh:", "signals/passkey/fresh"),
    ("for: 30m", "for: soon", "tiers/guarded/hold/for"),
    ("review: 7d", "review: weekly", "tiers/light/review"),
    ("review: 7d", "review: 0d", "tiers/light/review"),
    ("within: 72h", "within: 000s", "tiers/guarded/review/within"),
    ("lasts: 8h", "lasts: 0ms", "tiers/light/lasts"),
    ("lasts: 4h", "lasts: 0h", "rules/1/lasts"),
    ("within: 72h", "within: 72", "tiers/guarded/review/within"),
    ("case_lifetime: 8h", "case_lifetime: 31d", "limits/case_lifetime"),
    ("verified_for: 1h", "verified_for: 59s", "limits/verified_for"),
    # no name, no level, no attribute
    ("[device]", "[Device]", "signals/passkey/rests_on/0"),
    ("  light:", "  Light:", "tiers"),
    ("  light:", f"  {'l' * 65}:", "tiers"),
    ("role: lead", "role: desk lead", "tiers/guarded/approvers/0/role"),
    ("role: lead", f"role: {'l' * 65}", "tiers/guarded/approvers/0/role"),
    ("outside: desk", "outside:", "tiers/guarded/approvers/0/outside"),
    ("name: workforce", "name: work force", "classes/1/name"),
    ("id: leaver", "id: Leaver", "rules/0/id"),
    ("id: leaver", "id: löwe", "rules/0/id"),
    ("[desk, third_party]", "[Desk]", "guarantees/2/never_alone/0"),
    ("high: 40", "high: 40, points: 50", "risk/levels"),
    ("high: 40", "high: 40, very-high: 50", "risk/levels"),
    ("high: 40", "high: 40, 2nd: 50", "risk/levels"),
    ("{account.employment}", "{account.employer}", "rules/0/deny"),
    ("{account.employment}", "{account.employment", "rules/0/deny"),
    ("{account.proofed_age}", "{}", "risk/points/0/because"),
]

# Unusual, and right.
RIGHT = [
    ("policy: full", "policy: 7"),
    ("policy: full", "policy: true"),
    ("policy: full", "policy: 'null'"),
    ("policy: full", "policy: 2024-01-01"),
    ("language: 1", "language: 001"),
    ("fresh: 5m", "fresh: '0005m'"),
    ("fresh: 5m", "fresh: 0ms"),
    ("review: 7d", "review: 1ms"),
    ("signals: 2", "signals: 02"),
    ("strong: 1", "strong: 0"),
    ("include: [passkey]", "include: []"),
    ("role: lead, outside: desk, from: account.organization", "role: 7"),
    ("role: lead, outside: desk, from: account.organization", "outside: -1.5"),
    ("role: lead, outside: desk, from: account.organization", "from: true"),
    ("hold: {for: 30m, unless: strong}", 'hold: {"for": "30m"}'),
    ("{within: 72h, batch: true}", "{within: 72h}"),
    ("batch: true", "batch: false"),
    ('when: "account.admin"', "when: true"),
    (", floor: guarded}", "}"),
    ('because: "not the first, {account.proofed_age} {risk.points}"', "because: yes"),
    ("lasts: 4h", "allow: []"),
    ("lasts: 4h", "lists: 1"),
    ("lasts: 4h", "alarm: independent"),
    ("    lists: 50\n", ""),
    ("[address], unchanged_for: 30d", "[address]"),
    ("raise: guarded, lasts: 4h", "strong: 0"),
    ("raise: guarded, lasts: 4h", "approvers: []"),
    ("gone, says {account.employment}", "} {action}"),
    ("levels: {high: 40}", "levels: {high: 40, _2: 1000000}"),
    ("- {add: 40", "- {add: 1000"),
    ("sign_in: [tier0]", "sign_in: all"),
    ("sign_in: [tier0]", "sign_in: []"),
    ("people_needed: {tier0: 3}", "people_needed: {}"),
]

# The schema's description owns up to these: they load, and an editor marks them all the same.
STRICTER = [
    ("policy: full", "policy: null"),
    ("role: lead", "role: null"),
    ("[mailbox, provider]", "[1, 1.0]"),
]


class Yaml12(yaml.SafeLoader):
    """The core schema of YAML 1.2, as editors read it: `yes` is a text, `007` is seven. Keys stay text, as in JSON."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

    def whole_number(self, node):
        return int(node.value, 0 if node.value[:2] in ("0o", "0x") else 10)

    def number(self, node):
        return float(re.sub(r"\.(inf|nan)$", r"\1", node.value.lower()))


for tag, pattern in (
    ("null", r"~|null|Null|NULL|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), None)
Yaml12.add_constructor("tag:yaml.org,2002:int", Yaml12.whole_number)
Yaml12.add_constructor("tag:yaml.org,2002:float", Yaml12.number)


def places(errors):
    """Where the schema sees something wrong; of alternatives, what is wrong within each."""
    for error in errors:
        yield "/".join(str(part) for part in error.absolute_path)
        yield from places(error.context or [])


def schema_refuses(text):
    return list(places(VALIDATOR.iter_errors(yaml.load(text, Loader=Yaml12))))


def properties_of(schema):
    """All (name, schema of the property) within a schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []:
        yield from properties_of(part)


def mappings_of(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []:
        yield from mappings_of(part)


@pytest.fixture
def loads(programs, tmp_path):
    def ask(text):
        file = tmp_path / "policy.yaml"
        file.write_text(text, encoding="utf-8")
        command = [str(BIN / "sallyport"), "--json", "policy", "check", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (0, 1), done.stderr
        document = json.loads(done.stdout)
        # What loads may still do nothing, and be told so. A signal that no case can be given is told and is no mistake.
        mistakes = [p for p in document["problems"] if not p["what"].startswith("in this version no case can be given")]
        assert (done.returncode == 0) == (mistakes == [])
        return document["loads"]

    return ask


def edited(old, new):
    assert FULL.count(old) == 1 or FULL.startswith(old), f"{old!r} is not one place"
    return FULL.replace(old, new, 1)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(SCHEMA)))
    assert used == set(SCHEMA["$defs"])


def test_every_mapping_is_closed_and_every_property_explained():
    open_ones = [m for m in mappings_of(SCHEMA) if m.get("additionalProperties") is not False]
    assert not open_ones
    mute = [name for name, schema in properties_of(SCHEMA) if not schema.get("description", "").endswith(".")]
    assert not mute


def test_every_field_that_the_loader_knows_is_a_property_and_no_other():
    loader = (ROOT / "src" / "core" / "policy" / "load.cc").read_text()
    fields = set(re.findall(r'\{"([a-z0-9_]+)",\s*(?:\[|into\(|span\(|once\()', loader)) | {"after_losing"}
    assert len(fields) > 45 and '{{"after_losing", things}}' in loader
    names = {name for name, _ in properties_of(SCHEMA)}
    assert names - set(twin.SIGNALS) - set(twin.ACTIONS) == fields - set(twin.SIGNALS) - set(twin.ACTIONS)
    assert list(SCHEMA["properties"]) == twin.SECTIONS


def test_the_lists_of_words_are_whole():
    definitions = SCHEMA["$defs"]
    assert list(SCHEMA["properties"]["signals"]["properties"]) == twin.SIGNALS
    assert definitions["signal_list"]["items"]["enum"] == twin.SIGNALS
    assert list(SCHEMA["properties"]["actions"]["properties"]) == twin.ACTIONS
    assert definitions["ways"]["items"]["items"]["enum"] == twin.AUTHENTICATORS
    assert definitions["thing"]["not"]["anyOf"][1]["enum"] == twin.KNOWLEDGE
    text = jsonschema.Draft202012Validator(definitions["reason_text"])
    assert all(text.is_valid(f"a {{{name}}} b") for name in twin.ATTRIBUTES)


@pytest.mark.parametrize("name", POLICIES)
def test_the_examples_are_accepted(loads, name):
    text = (EXAMPLES / name).read_text()
    assert loads(text)
    assert not schema_refuses(text)


def test_a_policy_with_every_field_is_accepted(loads):
    assert loads(FULL)
    assert not schema_refuses(FULL)
    used = set(re.findall(r"(\w+):", FULL))
    unused = {name for name, _ in properties_of(SCHEMA)} - used - set(twin.SIGNALS) - set(twin.ACTIONS)
    assert not unused


@pytest.mark.parametrize(("old", "new"), RIGHT, ids=[new for _, new in RIGHT])
def test_what_is_unusual_and_right_is_accepted(loads, old, new):
    assert loads(edited(old, new))
    assert not schema_refuses(edited(old, new))


@pytest.mark.parametrize(("old", "new"), STRICTER, ids=[new for _, new in STRICTER])
def test_what_loads_and_has_to_be_quoted_for_editors(loads, old, new):
    assert loads(edited(old, new))
    assert schema_refuses(edited(old, new))


@pytest.mark.parametrize(("old", "new", "place"), SLIPS, ids=[f"{place}-{new[:40]}" for _, new, place in SLIPS])
def test_a_slip_is_refused_by_both(loads, old, new, place):
    assert not loads(edited(old, new))
    assert place in schema_refuses(edited(old, new))


def test_durations_end_where_the_loader_says(loads):
    """One to each side of every limit, in every unit; and numbers with as many digits as the limits have."""
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    duration = SCHEMA["$defs"]["duration"]
    window = {"$ref": "#/$defs/minute_to_month", "$defs": SCHEMA["$defs"]}
    for schema, least, most in ((duration, 0, 36_500 * units["d"]), (window, units["m"], 30 * units["d"])):
        validator = jsonschema.Draft202012Validator(schema)
        for unit, size in units.items():
            ends = [-(-least // size), most // size]
            near = {end + step for end, step in itertools.product(ends, (-1, 0, 1))}
            digits = str(ends[1])
            for place, digit in itertools.product(range(len(digits)), "0123456789"):
                near |= {int(digits[:place] + digit + rest * (len(digits) - place - 1)) for rest in "09"}
            near |= {10**power for power in range(16)} | {10**power - 1 for power in range(16)}
            for number in near:
                right = number >= 0 and least <= number * size <= most
                assert validator.is_valid(f"{number}{unit}") == right, f"{number}{unit}"
                assert validator.is_valid(f"00{number}{unit}") == right, f"00{number}{unit}"
    for old, field, ends in (
        ("fresh: 5m", "fresh", ("36500d", "876000h", "52560000m", "3153600000s", "3153600000000ms")),
        ("verified_for: 1h", "verified_for", ("30d", "720h", "43200m", "2592000s", "2592000000ms")),
        ("verified_for: 1h", "verified_for", ("1m", "60s", "60000ms")),
    ):
        for end in ends:
            number, unit = re.fullmatch(r"([0-9]+)([a-z]+)", end).groups()
            beyond = int(number) - 1 if end in ("1m", "60s", "60000ms") else int(number) + 1
            assert loads(edited(old, f"{field}: {end}")), end
            assert not loads(edited(old, f"{field}: {beyond}{unit}")), f"{beyond}{unit}"


def test_random_policies_that_load_are_accepted(loads):
    """A quarter has a slip of the pen, and even a slip can leave a policy that loads."""
    maker = twin.Maker(20)
    loaded = refused = 0
    while loaded < 300:
        text = maker.policy()
        if not loads(text):
            refused += 1
            continue
        loaded += 1
        assert not schema_refuses(text), text
    assert refused > 50
