#!/usr/bin/python3
"""The prover a second time, by definition only, and held against the first on random models.

    tests/reference/prover_brute.py --probe BUILD/test/prover_probe [--models 40000] [--seed 1] [--jobs 2]
    tests/reference/prover_brute.py --answer MODEL.json     what this program says of one model

Every set of atoms is tried, smallest first; a node's truth is what a chain of truths from all-false arrives at;
`distinct` tries every arrangement of people, `indep` every choice of signals. Slow and plain on purpose: nothing
here is shared with the engine, whose business is never to enumerate. Written from docs/prover.md.
"""

import argparse
import itertools
import json
import multiprocessing
import random
import sys

import probe as prober

# ---- truth ------------------------------------------------------------------------------------


def compile_formula(formula):
    """A function from the set of names that are true to the formula's own truth."""
    if isinstance(formula, bool):
        return lambda true: formula
    if isinstance(formula, str):
        return lambda true: formula in true
    operator, body = next((key, value) for key, value in formula.items() if key != "note")
    if operator in ("and", "or"):
        parts = [compile_formula(part) for part in body]
        several = all if operator == "and" else any
        return lambda true: several(part(true) for part in parts)
    if operator == "atleast":
        parts = [compile_formula(part) for part in body[1]]
        return lambda true: sum(part(true) for part in parts) >= body[0]
    if operator == "distinct":
        excluded = body.get("exclude", [])
        slots = [[(who, compile_formula(f)) for who, f in slot if who not in excluded] for slot in body["slots"]]
        return lambda true: some_arrangement([[who for who, f in slot if f(true)] for slot in slots])
    assert operator == "indep", operator
    signals = [(compile_formula(signal["f"]), set(signal["domains"])) for signal in body["signals"]]
    return lambda true: some_choice(body["k"], [domains for f, domains in signals if f(true)])


def some_arrangement(slots):
    return any(len(set(people)) == len(slots) for people in itertools.product(*slots))


def some_choice(number, domains):
    return any(
        all(not (a & b) for a, b in itertools.combinations(chosen, 2))
        for chosen in itertools.combinations(domains, number)
    )


class World:
    def __init__(self, model):
        self.atoms = model.get("atoms", [])
        self.free = frozenset(a["id"] for a in self.atoms if a.get("free"))
        self.level = {a["id"]: a["level"] for a in self.atoms}
        self.cost = {a["id"]: a.get("cost", 0) for a in self.atoms}
        self.owner = {a["id"]: a.get("owner") for a in self.atoms}
        self.nodes = {name: compile_formula(f) for name, f in model.get("nodes", {}).items()}
        self.recovery = set(model.get("recovery", []))
        self.known = {}
        self.named = set(strings_in(model.get("nodes", {})))

    def truths(self, atoms, recovery):
        """All names that are true in the least fixpoint, given these atoms."""
        key = (frozenset(atoms), recovery)
        if key not in self.known:
            true = set(atoms) | self.free
            while True:
                new = [n for n, f in self.nodes.items() if n not in true and f(true)]
                new = [n for n in new if recovery or n not in self.recovery]
                if not new:
                    break
                true.update(new)
            self.known[key] = true
        return self.known[key]

    def minimal(self, name, recovery=True):
        atoms = (set(self.level) - self.free) & (self.named | {name})  # one that no formula names is of no use
        return minimal_sets(atoms, lambda chosen: name in self.truths(chosen, recovery))


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


def subsets(names):
    """In the order in which sets are shown: by size, then by name."""
    names = sorted(names)
    for size in range(len(names) + 1):
        yield from itertools.combinations(names, size)


def minimal_sets(names, holds):
    found = []
    for chosen in subsets(names):
        if not any(set(smaller) <= set(chosen) for smaller in found) and holds(chosen):
            found.append(chosen)
    return found


# ---- accounts and rules -----------------------------------------------------------------------


def no_harder(world, f, r):
    f, r = (sorted((world.level[a] for a in s), reverse=True) for s in (f, r))
    return len(f) <= len(r) and all(a <= b for a, b in zip(f, r))


def disjoint_paths(ways, common):
    rests = [frozenset(way) - common for way in ways]
    if frozenset() in rests:
        return None
    rests = sorted(set(rests), key=sorted)
    for number in range(len(rests), 0, -1):
        for chosen in itertools.combinations(rests, number):
            if sum(map(len, chosen)) == len(frozenset().union(*chosen)):
                return number
    return 0


def account_answers(model, world, account):
    target, owner = account["target"], account["owner"]
    takeover = world.minimal(target)
    front = world.minimal(target, recovery=False)
    recovery_only = [x for x in takeover if target not in world.truths(x, False)]
    weaker, incomparable = [], []
    if front:
        for r in recovery_only:
            if any(no_harder(world, f, r) for f in front):
                continue
            (weaker if all(no_harder(world, r, f) for f in front) else incomparable).append(r)
    if not recovery_only:
        dominance = "no-recovery"
    elif not front:
        dominance = "no-front"
    else:
        dominance = "violated" if weaker else "incomparable" if incomparable else "proved"
    ambient = {a for a, level in world.level.items() if level <= model.get("ambient_level", 2)}

    def falls_to(people):
        own = {a for a, who in world.owner.items() if who in set(people) - {owner}}
        return target in world.truths(ambient | own, True)

    persons = {p["id"]: p for p in model.get("persons", [])}
    owners = set(world.owner.values()) & set(persons)  # who owns nothing is of no use to a gang
    gangs = minimal_sets(owners - {owner}, falls_to)
    out = {
        "takeover": takeover,
        "front": front,
        "recovery_only": recovery_only,
        "dominance": dominance,
        "weaker": weaker,
        "incomparable": incomparable,
        "min_cost": {
            name: min((sum(world.cost[a] for a in x) for x in sets), default=None)
            for name, sets in (("front", front), ("recovery", recovery_only))
        },
        "collusion": {
            "ambient_level": model.get("ambient_level", 2),
            "k": min(map(len, gangs), default=None),
            "sets": gangs,
        },
        "third_party_alone": falls_to([p for p in persons if persons[p].get("third_party")]),
        "group_alone": {
            g: falls_to([p for p in persons if g in persons[p].get("groups", [])])
            for g in model.get("group_checks", [])
        },
    }
    if "restore" in account:
        common, need = frozenset(account.get("common", [])), account.get("need_paths", 1)

        def paths(have):
            own = [a for a in have if a not in world.free]
            ways = minimal_sets(own, lambda chosen: account["restore"] in world.truths(chosen, True))
            return disjoint_paths(ways, common)

        holds = set(account.get("holds", []))
        first = paths(holds)
        after = {name: paths(holds - set(lost)) for name, lost in account.get("losses", {}).items()}
        numbers = [first, *after.values()]
        ok = all(n is None or n >= need for n in numbers)
        out["lockout"] = {"paths": first, "after_loss": after, "need": need, "ok": ok}
    return out


def rule_answers(world, rule):
    out = []
    sets = {s: world.minimal(s) for s in rule["counts"]}
    for s, t in itertools.combinations(rule["counts"], 2):
        shared = {a for x in sets[s] for a in x} & {a for x in sets[t] for a in x} - set(rule.get("common", []))
        if shared:
            single = [a for a in sorted(shared) if {s, t} <= world.truths([a], True)]
            out.append({"pair": [s, t], "shared": sorted(shared), "single": single})
    return out


# ---- policies ---------------------------------------------------------------------------------


class Policy:
    def __init__(self, policy, without=None):
        self.attrs = {a: policy["attrs"][a] for a in sorted(policy["attrs"])}
        self.evidence = sorted(policy["evidence"])
        self.rules = [r for r in policy["rules"] if r["id"] != without]
        self.asks = [compile_formula(r.get("require", True) if r["effect"] == "allow" else r.get("unless", False))
                     for r in self.rules]
        self.vectors = [dict(zip(self.attrs, v)) for v in itertools.product(*self.attrs.values())]

    @staticmethod
    def matches(rule, vector):
        return all(vector[a] in values for a, values in rule.get("when", {}).items())

    def effects(self, vector, evidence):
        """Which rules speak: (rule, formula's truth)."""
        return [(r, ask(evidence)) for r, ask in zip(self.rules, self.asks) if self.matches(r, vector)]

    def allows(self, vector, evidence):
        spoken = self.effects(vector, set(evidence))
        if any(r["effect"] == "deny" and not true for r, true in spoken):
            return False
        return any(r["effect"] == "allow" and true for r, true in spoken)

    def decisions(self):
        return {(label(v), e): self.allows(v, e) for v in self.vectors for e in subsets(self.evidence)}


def label(vector):
    return ",".join(f"{a}={v}" for a, v in sorted(vector.items()))


def policy_answers(given):
    policy = Policy(given)
    decided = policy.decisions()
    labels = [label(v) for v in policy.vectors]
    sets = list(subsets(policy.evidence))
    cells = {x: minimal_sets(policy.evidence, lambda e, x=x: decided[x, e]) for x in labels}
    dead, redundant = [], []
    for r in given["rules"]:
        allow = r["effect"] == "allow"
        ask = compile_formula(r.get("require", True) if allow else r.get("unless", False))
        live = any(
            policy.matches(r, v) and ask(set(e)) == allow and (not allow or decided[label(v), e])
            for v in policy.vectors
            for e in sets
        )
        if not live:
            dead.append(r["id"])
        elif Policy(given, without=r["id"]).decisions() == decided:
            redundant.append(r["id"])
    tiers = []
    for a in sorted(given.get("impact", {})):
        ladder = given["impact"][a]
        for low, high in zip(ladder, ladder[1:]):
            for v in policy.vectors:
                if v[a] != low:
                    continue
                other = label({**v, a: high})
                witness = next((e for e in sets if decided[other, e] and not decided[label(v), e]), None)
                if witness is not None:
                    tiers.append({"lower": label(v), "higher": other, "evidence": witness})
    out = {
        "cells": cells,
        "never_allowed": [x for x in labels if not cells[x]],
        "unspecified": [label(v) for v in policy.vectors if not policy.effects(v, set())],
        "dead": dead,
        "redundant": redundant,
        "tier_violations": tiers,
    }
    if "third_party" in given:
        third = given["third_party"]
        out["third_party_gaps"] = sorted(
            label(v)
            for v in policy.vectors
            if v[third["attr"]] == third["value"]
            and any(decided[label(v), e] and not set(e) & set(third["needs"]) for e in sets)
        )
    return out


def policy_difference(a, b):
    before, after = Policy(a).decisions(), Policy(b).decisions()
    out = {"newly_allowed": {}, "newly_denied": {}, "count_allowed": 0, "count_denied": 0}
    for (x, e), was in before.items():
        if after[x, e] != was:
            kind = "denied" if was else "allowed"
            out["count_" + kind] += 1
            out["newly_" + kind].setdefault(x, e)
    return out


def answer(model):
    out = {"name": model["name"]}
    if model.get("accounts") or model.get("rules"):
        world = World(model)
        out["accounts"] = {a["id"]: account_answers(model, world, a) for a in model.get("accounts", [])}
        out["independence"] = {r["id"]: rule_answers(world, r) for r in model.get("rules", [])}
    if "policy" in model:
        out["policy"] = policy_answers(model["policy"])
        if "policy_b" in model:
            out["diff"] = policy_difference(model["policy"], model["policy_b"])
    return out


# ---- random models ----------------------------------------------------------------------------

PEOPLE = ["ann", "bob", "cem", "dee", "eva"]
GROUPS = ["desk", "ops"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def maybe(self, p=0.5):
        return self.r.random() < p

    def some(self, names, least=0, most=None):
        names = list(names)
        most = len(names) if most is None else min(most, len(names))
        return self.r.sample(names, self.r.randint(min(least, most), most))

    def model(self):
        model = {"schema": "sallyport-prover/1", "name": "random"}
        roll = self.r.random()
        if roll < 0.85:
            self.graph(model)
        if roll > 0.8:
            self.policies(model)
        return model

    def graph(self, model):
        r = self.r
        dense = self.maybe(0.4)
        people = PEOPLE[: r.randint(2, 5)]
        atoms = [f"a{i}" for i in range(r.randint(2, 6 if dense else 7))]
        nodes = [f"n{i}" for i in range(r.randint(1, 6))]
        r.shuffle(atoms)
        if self.maybe(0.7):
            model["ambient_level"] = r.choice([0, 0, 1, 2, 3, 4])
        model["atoms"] = [self.atom(a, people) for a in atoms]
        model["persons"] = [self.person(p) for p in people]
        model["group_checks"] = self.some(GROUPS)
        self.people, self.names = people, atoms + nodes * (2 if dense else 1)
        model["nodes"] = {n: self.formula(0, 3 if dense else 2) for n in nodes}
        model["recovery"] = self.some(nodes, most=2)
        model["accounts"] = [self.account(f"x{i}", atoms, nodes) for i in range(r.randint(1, 2))]
        if self.maybe(0.75):
            self.doors(model, atoms, nodes)
        if self.maybe(0.1):  # sets of more than one word, and of more than the engine keeps inside an object
            every = r.choice([15, 30])
            model["atoms"] += [{"id": f"a{i}.{j}", "level": 1} for i in range(7) for j in range(every)]
            model["persons"] += [{"id": f"{who}.{j}"} for who in PEOPLE for j in range(every)]
        signals = nodes + atoms[:1]
        model["rules"] = [{"id": f"r{i}", "counts": self.some(signals, 1, 3)} for i in range(r.randint(0, 2))]
        for rule in model["rules"]:
            if self.maybe():
                rule["common"] = self.some(atoms, most=2)

    def doors(self, model, atoms, nodes):
        """As in life: a front door, and recovery beside it by several people or things."""
        for i, account in enumerate(model["accounts"]):
            control, recovery = f"ctl{i}", f"rec{i}"
            doors = [{"and": self.some(atoms, 1, 3)} for _ in range(self.r.choice([1, 1, 2, 3]))]
            model["nodes"][control] = {"or": [*doors, recovery]}
            ways = [self.r.choice(atoms + nodes), self.formula(1, 2), self.slots(lambda: self.r.choice(self.names))]
            model["nodes"][recovery] = {self.r.choice(["and", "or", "and"]): self.some(ways, 1)}
            model["recovery"].append(recovery)
            account["target"] = control
            if "restore" in account and self.maybe():
                account["restore"] = recovery
        self.names.append("ctl0")
        for n in self.some(nodes, most=2):
            model["nodes"][n] = {"or": [self.formula(1, 2), self.r.choice(atoms)]}

    def slots(self, formula):
        entry = lambda: [self.r.choice(self.people), formula()]
        slots = [[entry() for _ in range(self.r.randint(1, 3))] for _ in range(self.r.randint(1, 3))]
        if len(slots) > 1 and self.maybe(0.3):
            slots[0] = slots[1]
        out = {"slots": slots}
        if self.maybe(0.4):
            out["exclude"] = self.some(self.people, most=2)
        return {"distinct": out}

    def atom(self, name, people):
        out = {"id": name, "level": self.r.choice([0, 1, 2, 3, 3, 4, 4, 5])}
        if self.maybe(0.8):
            out["cost"] = self.r.randint(0, 9)
        if self.maybe(0.75):
            out["owner"] = self.r.choice(people)
        if self.maybe(0.12):
            out["free"] = self.maybe(0.8)
        return out

    def person(self, name):
        out = {"id": name}
        if self.maybe():
            out["groups"] = self.some(GROUPS)
        if self.maybe(0.3):
            out["third_party"] = self.maybe(0.8)
        return out

    def formula(self, depth, depth_max):
        r = self.r
        roll = r.random() if depth < depth_max else 0.0
        if roll < 0.35 and (depth > 0 or self.maybe(0.2)):
            return r.choice(self.names) if self.maybe(0.94) else self.maybe()
        inner = lambda least, most: [self.formula(depth + 1, depth_max) for _ in range(r.randint(least, most))]
        if roll < 0.58:
            return {r.choice(["and", "or"]): inner(0 if self.maybe(0.05) else 1, 3)}
        if roll < 0.72:
            parts = inner(1, 4)
            return {"atleast": [r.randint(0 if self.maybe(0.1) else 1, len(parts) + self.maybe(0.05)), parts]}
        if roll < 0.88:
            return self.slots(lambda: self.formula(depth + 1, depth_max))
        signals = [
            {"f": f, "domains": self.some(["sim", "mail", "desk"], most=2)}
            for f in inner(1, 4)
        ]
        return {"indep": {"k": r.randint(0 if self.maybe(0.1) else 1, min(3, len(signals))), "signals": signals}}

    def account(self, name, atoms, nodes):
        out = {"id": name, "owner": self.r.choice(self.people), "target": self.r.choice(nodes)}
        if self.maybe(0.7):
            out["restore"] = self.r.choice(nodes)
            out["holds"] = self.some(atoms, len(atoms) // 2)
            if self.maybe(0.7):
                out["losses"] = {f"loss {i}": self.some(atoms, 1, 2) for i in range(self.r.randint(0, 2))}
            if self.maybe():
                out["need_paths"] = self.r.randint(0, 3)
            if self.maybe(0.4):
                out["common"] = self.some(atoms, most=2)
        return out

    def policies(self, model):
        r = self.r
        self.people = [p["id"] for p in model.get("persons", [])]
        evidence = [f"e{i}" for i in range(r.randint(0, 4))]
        r.shuffle(evidence)
        attrs = {a: [f"{a}{i}" for i in range(r.randint(1, 3))] for a in self.some(["act", "by", "cls"], 0, 3)}
        for values in attrs.values():
            r.shuffle(values)
        model["policy"] = self.policy(attrs, evidence)
        if self.maybe(0.6):
            model["policy_b"] = self.policy(attrs, evidence)

    def policy(self, attrs, evidence):
        out = {"attrs": attrs, "evidence": evidence}
        if self.maybe(0.6):
            out["impact"] = {a: self.some(attrs[a], 1) for a in self.some(attrs)}
        if attrs and self.maybe():
            a = self.r.choice(list(attrs))
            out["third_party"] = {"attr": a, "value": self.r.choice(attrs[a]), "needs": self.some(evidence)}
        out["rules"] = [self.policy_rule(f"R{i}", attrs, evidence) for i in range(self.r.randint(0, 6))]
        return out

    def policy_rule(self, name, attrs, evidence):
        allow = self.maybe(0.65)
        out = {"id": name, "effect": "allow" if allow else "deny"}
        if self.maybe(0.9):
            out["when"] = {a: self.some(attrs[a], 0 if self.maybe(0.05) else 1) for a in self.some(attrs, most=2)}
        if self.maybe(0.85):
            out["require" if allow else "unless"] = self.over_evidence(evidence, 0)
        return out

    def over_evidence(self, evidence, depth):
        roll = self.r.random()
        if not evidence or depth > 1 or roll < 0.3:
            return self.r.choice(evidence) if evidence and self.maybe(0.93) else self.maybe()
        parts = [self.over_evidence(evidence, depth + 1) for _ in range(self.r.randint(1, 3))]
        if roll < 0.8 or not self.people:
            return {self.r.choice(["and", "or"]): parts} if roll < 0.7 else {"atleast": [self.r.randint(1, 2), parts]}
        if roll < 0.9:
            return {"distinct": {"slots": [[[self.r.choice(self.people), f] for f in parts] for _ in range(2)]}}
        return {"indep": {"k": 2, "signals": [{"f": f, "domains": self.some(["sim", "mail"])} for f in parts]}}


# ---- comparison -------------------------------------------------------------------------------


def canonical(value):
    return json.dumps(value, sort_keys=True)


def show_difference(model, mine, theirs):
    print(json.dumps(model, indent=1))
    print("the reference says:", canonical(mine))
    print("Sallyport says:    ", canonical(theirs))


BATCH = 500


def compare(job):
    """Models of one seed through both. Gives a tally, or the model on which they differ."""
    probe, seed, number = job
    maker = Maker(seed)
    models = [maker.model() for _ in range(number)]
    tally = {}
    for model, theirs in zip(models, prober.ask(probe, models)):
        mine = json.loads(canonical(answer(model)))
        if mine != theirs:
            return {"seed": seed, "model": model, "mine": mine, "theirs": theirs}
        for account in mine.get("accounts", {}).values():
            seen = {account["dominance"]: 1, "accounts": 1, "sets": len(account["takeover"])}
            seen |= {f"k={account['collusion']['k']}": 1, "lockout": "lockout" in account}
            for key, count in seen.items():
                tally[key] = tally.get(key, 0) + count
        for key in ("policy", "diff"):
            tally[key] = tally.get(key, 0) + (key in mine)
        tally["shared signals"] = tally.get("shared signals", 0) + any(mine.get("independence", {}).values())
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe")
    parser.add_argument("--models", type=int, default=40000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--answer", metavar="MODEL", help="print the answers for this model, and stop")
    options = parser.parse_args()
    if options.answer:
        with open(options.answer, encoding="utf-8") as file:
            print(json.dumps(answer(json.load(file)), indent=1, sort_keys=True, ensure_ascii=False))
        return 0
    batches = -(-options.models // BATCH)
    jobs = [(options.probe, options.seed * 1_000_000 + i, BATCH) for i in range(batches)]
    total = {}
    with multiprocessing.Pool(options.jobs) as pool:
        for result in pool.imap_unordered(compare, jobs):
            if "model" in result:
                show_difference(result["model"], result["mine"], result["theirs"])
                print(f"they differ; seed {result['seed']}")
                return 1
            for key, count in result.items():
                total[key] = total.get(key, 0) + count
    print(f"{batches * BATCH} models, one mind: {dict(sorted(total.items()))}")
    wanted = ["violated", "proved", "incomparable", "no-front", "no-recovery", "k=0", "k=1", "k=2", "k=None"]
    wanted += ["lockout", "policy", "diff", "shared signals"]
    rare = [key for key in wanted if total.get(key, 0) < options.models // 200]
    if rare:
        print(f"but these were hardly tried: {rare}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
