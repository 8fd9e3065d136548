#!/usr/bin/python3
"""The prover's sets held against Z3, a theorem prover that is not ours, on random models.

    tests/reference/prover_z3.py --probe BUILD/test/prover_probe [--models 1000] [--seed 1] [--jobs 2]

Of each account `takeover`, `front` and `collusion.sets` are looked at. A set must make the target true, must not do
so with any one thing left out, and the list must be whole: Z3 is asked for a way that contains none of the sets, and
has to show that there is none. A true node needs its formula to be true of names with a lower level than its own,
which is the least fixpoint; a plain propositional encoding would be wrong for circles, since two nodes that rest on
each other alone would be allowed to be true together.

Every question is "can the target be true, given this?", so formulas, which know no "not", are implied by their nodes
and never the other way round, and the people and signals that `distinct` and `indep` choose are variables like any
other: where Z3 says no, it has said so of every arrangement. Written from docs/prover.md.

Needs Z3 (Debian: python3-z3).
"""

import argparse
import itertools
import json
import multiprocessing
import sys

import z3

import probe as prober
import prover_brute

# ---- what a model says, told to Z3 ------------------------------------------------------------


def at_least(number, parts):
    return z3.PbGe([(part, 1) for part in parts], number) if number > 0 and parts else z3.BoolVal(number <= 0)


def at_most_one(parts):
    return z3.AtMost(*parts, 1) if len(parts) > 1 else z3.BoolVal(True)


def either(name):
    """A variable, and its negation."""
    variable = z3.Bool(name)
    return variable, z3.Not(variable)


class Encoding:
    def __init__(self, model):
        self.solver = z3.SimpleSolver()
        ambient = model.get("ambient_level", 2)
        atoms = model["atoms"]
        self.atoms = {a["id"]: either("atom " + a["id"]) for a in atoms if not a.get("free")}
        self.free = {a["id"] for a in atoms if a.get("free")}
        self.people = {p["id"]: either("person " + p["id"]) for p in model["persons"]}
        self.nodes = {n: (z3.Bool("node " + n), z3.Int("level of " + n)) for n in model["nodes"]}
        self.recovery, self.no_recovery = either("with recovery")
        self.ganged, self.alone = either("atoms follow from people")
        self.lax = {rule: either(rule + " ignored") for rule in ("levels", "people", "labels")}
        self.rests_on = {n: set() for n in self.nodes}  # names that a node's formula has
        self.operators = {n: set() for n in self.nodes}
        for name, formula in model["nodes"].items():
            true = self.formula(formula, name)
            if name in model["recovery"]:
                true = z3.And(self.recovery, true)
            self.solver.add(z3.Implies(self.nodes[name][0], true))
        named = set().union(*self.rests_on.values())
        for a in atoms:
            if a["id"] in self.atoms and a["id"] in named:
                owner = self.people[a["owner"]][0] if "owner" in a else z3.BoolVal(False)
                had = z3.BoolVal(True) if a["level"] <= ambient else owner
                self.solver.add(z3.Implies(self.ganged, self.atoms[a["id"]][0] == had))

    def formula(self, formula, node):
        """What has to hold for the formula to be true; `node` is the one that it belongs to."""
        if isinstance(formula, bool):
            return z3.BoolVal(formula)
        if isinstance(formula, str):
            return self.name(formula, node)
        operator, body = next(iter(formula.items()))
        self.operators[node].add(operator)
        if operator in ("and", "or"):
            several = z3.And if operator == "and" else z3.Or
            return several([self.formula(part, node) for part in body])
        if operator == "atleast":
            return at_least(body[0], [self.formula(part, node) for part in body[1]])
        if operator == "distinct":
            return self.distinct(body, node)
        assert operator == "indep", operator
        return self.indep(body, node)

    def name(self, name, node):
        self.rests_on[node].add(name)
        if name in self.free:
            return z3.BoolVal(True)
        if name in self.atoms:
            return self.atoms[name][0]
        true, level = self.nodes[name]
        return z3.And(true, z3.Or(self.lax["levels"][0], level < self.nodes[node][1]))

    def distinct(self, body, node):
        """One variable for each slot and candidate."""
        seats, facts = {}, []
        for slot in body["slots"]:
            candidates = [(z3.FreshBool("seat"), who, f) for who, f in slot if who not in body.get("exclude", [])]
            for seated, who, f in candidates:
                seats.setdefault(who, []).append(seated)
                facts.append(z3.Implies(seated, self.formula(f, node)))
            seated = [one for one, _, _ in candidates]
            facts += [z3.Or(seated), at_most_one(seated)]
        return z3.And([*facts, *(z3.Or(self.lax["people"][0], at_most_one(theirs)) for theirs in seats.values())])

    def indep(self, body, node):
        """One variable for each signal: whether it is among those chosen."""
        signals = [(z3.FreshBool("chosen"), s["f"], set(s["domains"])) for s in body["signals"]]
        facts = [z3.Implies(chosen, self.formula(f, node)) for chosen, f, _ in signals]
        for (one, _, domains), (other, _, others) in itertools.combinations(signals, 2):
            if domains & others:
                facts.append(z3.Or(self.lax["labels"][0], z3.Not(one), z3.Not(other)))
        return z3.And([*facts, at_least(body["k"], [chosen for chosen, _, _ in signals])])

    def rules(self, without=None):
        """Rules that are kept: that a circle has a bottom, that nobody acts twice, that shared labels count once."""
        return [ignored if rule == without else kept for rule, (ignored, kept) in self.lax.items()]

    def possible(self, *given):
        said = self.solver.check(*given)
        assert said != z3.unknown, self.solver.reason_unknown()
        return said == z3.sat

    def way_around(self, sets, things, given):
        """The names of `things` that are had in some way that contains none of the sets; None when there is none."""
        self.solver.push()
        self.solver.add([z3.Or([things[name][1] for name in chosen]) for chosen in sets])
        found = None
        if self.possible(*given):
            true = self.solver.model()
            found = [name for name, (had, _) in things.items() if z3.is_true(true[had])]
        self.solver.pop()
        return found

    def below(self, names):
        """Everything that these names rest on, and they themselves."""
        found, queue = set(), list(names)
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += self.rests_on.get(name, [])
        return found


# ---- comparison -------------------------------------------------------------------------------


def faults_of(encoding, sets, things, given):
    """What Z3 has against a list of sets of `things`."""

    def enough(chosen):
        return encoding.possible(*given, *(had if name in chosen else not_had
                                           for name, (had, not_had) in things.items()))

    if len({frozenset(chosen) for chosen in sets}) < len(sets):
        yield "a set is listed twice"
    strange = [chosen for chosen in sets if not things.keys() >= set(chosen)]
    if strange:
        yield f"{strange} name what can be in no set"
        return
    for chosen in sets:
        if not enough(chosen):
            yield f"{chosen} is not enough"
        for one in chosen:
            if enough(set(chosen) - {one}):
                yield f"{chosen} would be enough without {one}"
    missed = encoding.way_around(sets, things, given)
    if missed is not None:
        yield f"{missed} is enough and contains no set of {sets}"


def account_faults(encoding, account, theirs):
    target, owner = encoding.nodes[account["target"]][0], account["owner"]
    others = {who: both for who, both in encoding.people.items() if who != owner}
    always = [target, *encoding.rules()]
    for what, sets, things, given in (
        ("takeover", theirs["takeover"], encoding.atoms, [encoding.recovery, encoding.alone]),
        ("front", theirs["front"], encoding.atoms, [encoding.no_recovery, encoding.alone]),
        ("collusion", theirs["collusion"]["sets"], others,
         [encoding.recovery, encoding.ganged, encoding.people[owner][1]]),
    ):
        for fault in faults_of(encoding, sets, things, always + given):
            yield f"{account['id']}: {what}: {fault}"


def faults(encoding, model, theirs):
    if "accounts" not in theirs:
        yield f"no accounts are answered: {theirs}"
        return
    for account in model["accounts"]:
        yield from account_faults(encoding, account, theirs["accounts"][account["id"]])


class Maker(prover_brute.Maker):
    """Models as prover_brute makes them, and every other one with more in it than trying every set has time for."""

    def graph(self, model):
        super().graph(model)
        if self.maybe():
            self.larger(model)

    def larger(self, model):
        old = list(model["nodes"])
        atoms = [f"b{i}" for i in range(self.r.randint(3, 10))]
        nodes = [f"m{i}" for i in range(self.r.randint(2, 8))]
        self.names += atoms + nodes
        model["atoms"] += [self.atom(a, self.people) for a in atoms]
        model["nodes"] |= {n: self.formula(0, 3) for n in nodes}
        for n in self.some(old, 1):
            ways = [self.r.choice(nodes), self.formula(1, 3), {"and": self.some(atoms, 1, 3)}, self.signals(atoms)]
            model["nodes"][n] = {self.r.choice(["and", "or"]): [model["nodes"][n], *self.some(ways, 1, 3)]}

    def signals(self, atoms):
        """Several of which some share a label, which matters in few of the signals that prover_brute makes."""
        signals = [{"f": self.r.choice(atoms + self.names), "domains": self.some(["sim", "mail", "desk"], 1, 2)}
                   for _ in range(self.r.randint(2, 4))]
        return {"indep": {"k": 2, "signals": signals}}


KINDS = ["circle", "distinct", "indep", "atleast", "free atom", "recovery", "front differs", "several sets", "gang",
         "decided by levels", "decided by people", "decided by labels"]


def kinds_of(encoding, model, theirs):
    """What some account of the model rests on, and what became of it."""
    below = encoding.below(a["target"] for a in model["accounts"])
    nodes = below & encoding.nodes.keys()
    circles = {n for n in nodes if n in encoding.below(encoding.rests_on[n])}
    kinds = set().union(*(encoding.operators[n] for n in nodes)) & set(KINDS)
    kinds |= {"circle"} if circles else set()
    kinds |= {"free atom"} if below & encoding.free else set()
    kinds |= {"recovery"} if nodes & set(model["recovery"]) else set()
    for account in model["accounts"]:
        said = theirs["accounts"][account["id"]]
        given = [encoding.nodes[account["target"]][0], encoding.recovery, encoding.alone]
        for rule in encoding.lax:
            if encoding.way_around(said["takeover"], encoding.atoms, given + encoding.rules(rule)) is not None:
                kinds.add("decided by " + rule)
        kinds |= {"front differs"} if said["front"] != said["takeover"] else set()
        kinds |= {"several sets"} if len(said["takeover"]) > 1 else set()
        kinds |= {"gang"} if any(said["collusion"]["sets"]) else set()
    return kinds


BATCH = 50


def compare(job):
    """Models of one seed, and what Z3 says to our answers. Gives a tally, or the model with its faults."""
    probe, seed, number = job
    maker = Maker(seed)
    models = [{"schema": "sallyport-prover/1", "name": "random"} for _ in range(number)]
    for model in models:
        maker.graph(model)
    tally = dict.fromkeys(["accounts", "sets", *KINDS], 0)
    for model, theirs in zip(models, prober.ask(probe, models)):
        encoding = Encoding(model)
        found = list(faults(encoding, model, theirs))
        if found:
            return {"seed": seed, "model": model, "faults": found}
        for kind in kinds_of(encoding, model, theirs):
            tally[kind] += 1
        for account in theirs["accounts"].values():
            tally["accounts"] += 1
            tally["sets"] += len(account["takeover"]) + len(account["front"]) + len(account["collusion"]["sets"])
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    batches = -(-options.models // BATCH)
    jobs = [(options.probe, options.seed * 1_000_000 + i, BATCH) for i in range(batches)]
    total = {}
    with multiprocessing.Pool(options.jobs) as pool:
        for result in pool.imap_unordered(compare, jobs):
            if "model" in result:
                print(json.dumps(result["model"], indent=1))
                print("\n".join(result["faults"]))
                print(f"Z3 differs; seed {result['seed']}")
                return 1
            for key, count in result.items():
                total[key] = total.get(key, 0) + count
    models = batches * BATCH
    print(f"{models} models, {total['accounts']} accounts, {total['sets']} sets: Z3 agrees")
    print("models with", ", ".join(f"{kind}: {total[kind]}" for kind in KINDS))
    rare = [kind for kind in KINDS if total[kind] < models / 20]
    if rare:
        print(f"but these were hardly tried: {rare}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
