#!/usr/bin/python3
"""Holds conditions against a CEL implementation that others made: what parses here means the same there.

    tests/reference/cel_twin.py --probe BUILD/test/policy_probe --peers tests/peers [--cases 20000] [--seed 1]

Makes random conditions and facts, asks both, and leaves with 1 at the first difference. Conditions that are refused
here are counted and not compared: the language is a subset. The peer is a package of tests/peers (scripts/peers).
"""

import argparse
import json
import subprocess
import sys

import policy_twin
import probe as prober

LEVELS = {"high": 30, "low_1": 10}


def questions(maker, number):
    for _ in range(number):
        facts = maker.facts() | {"action": maker.r.choice(policy_twin.ACTIONS[:4])}
        facts["risk.points"] = maker.r.choice([0, 10, 20, 30, 40])
        yield {"condition": maker.condition(0, "rule", list(LEVELS)), "facts": facts, "levels": LEVELS}


def for_peer(question):
    facts = {
        key: {"ms": value} if policy_twin.ATTRIBUTES[key] == "duration" else value
        for key, value in question["facts"].items()
    }
    return {
        "condition": question["condition"],
        "facts": facts | {f"risk.{level}": points for level, points in LEVELS.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asked = list(questions(policy_twin.Maker(options.seed), options.cases))
    ours = prober.ask(options.probe, asked)
    taken = [(question, answer) for question, answer in zip(asked, ours) if "refused" not in answer]
    lines = "".join(json.dumps(for_peer(question)) + "\n" for question, _ in taken)
    done = subprocess.run(
        ["node", "cel.mjs"], input=lines.encode(), stdout=subprocess.PIPE, check=True, cwd=options.peers
    )
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(theirs) == len(taken)
    tally = {"refused here": len(asked) - len(taken), "yes": 0, "no": 0, "error": 0}
    for (question, mine), other in zip(taken, theirs):
        if mine["truth"] != other["truth"]:
            print(json.dumps(question, indent=1))
            print(f"Sallyport says {mine['truth']}, the peer {other['truth']}; seed {options.seed}")
            return 1
        tally[mine["truth"]] += 1
    print(f"{len(asked)} conditions, one meaning: {tally}")
    rare = [kind for kind in ("yes", "no", "error") if tally[kind] < options.cases // 50]
    if rare:
        print(f"but these were hardly tried: {rare}")
    return 1 if rare else 0


if __name__ == "__main__":
    sys.exit(main())
