#!/usr/bin/python3
"""Holds Sallyport's YAML reader against PyYAML: whatever ours accepts, theirs must read the same way.

    tests/reference/yaml_twin.py --probe BUILD/test/policy_probe [--cases 20000] [--seed 1]

Texts are random pieces of YAML and the example policies with characters swapped. Ours may refuse what
PyYAML takes (docs/policy_language.md, section 1, says what); PyYAML may refuse what ours takes in the
one way named below, where PyYAML is narrower than YAML 1.2.

Needs PyYAML (Debian: python3-yaml).
"""

import argparse
import pathlib
import random
import sys

import yaml

import probe as prober

PIECES = [
    "a",
    "b: ",
    "c:\n",
    "- ",
    "-\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "\n  - ",
    ": ",
    ":",
    ", ",
    ",",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "''",
    '\\"',
    "\\n",
    "#",
    " # x\n",
    " ",
    "1",
    "x y",
    "? ",
    "?",
    "!",
    "&a ",
    "*a",
    "|",
    ">",
    "%",
    "@",
    "`",
    "---",
    "...",
    "\t",
    "\r\n",
    "é",
    "a: 1",
    "\nb: 2",
    "key: {x: y, z: [1, 2]}",
    "-1",
    "- - a",
    "~",
    "<<: ",
]


def tree(node):
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [tree(item) for item in node.value]
    return {"map": [[tree(key), tree(value)] for key, value in node.value]}


def theirs(text):
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        return "refused", str(error)
    return ("tree", tree(node)) if node else ("refused", "empty")


def narrower(text, why):
    """Where YAML 1.2 takes what PyYAML refuses: section 6.3 of YAML 1.2.2 lets tabs separate tokens."""
    return "\t" in text and "cannot start any token" in why


def texts(maker, samples):
    while True:
        if maker.random() < 0.5:
            yield "".join(maker.choice(PIECES) for _ in range(maker.randint(1, 14)))
        else:
            text = list(maker.choice(samples))
            for _ in range(maker.randint(1, 4)):
                at = maker.randrange(len(text))
                text[at : at + maker.randint(0, 2)] = maker.choice(PIECES)
            yield "".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--cases", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    examples = pathlib.Path(__file__).resolve().parents[2] / "examples" / "policies"
    whole = [path.read_text(encoding="utf-8") for path in sorted(examples.glob("*.yaml"))]
    samples = [part for text in whole for part in text.split("\n\n") if len(part) < 900]
    source = texts(random.Random(options.seed), samples)
    questions = [next(source) for _ in range(options.cases)]
    tally = {"same": 0, "ours refuses": 0, "both refuse": 0, "PyYAML is narrower": 0}
    for text, answer in zip(questions, prober.ask(options.probe, [{"yaml": text} for text in questions])):
        verdict, value = theirs(text)
        if "refused" in answer:
            tally["ours refuses" if verdict == "tree" else "both refuse"] += 1
        elif verdict == "tree" and answer["tree"] == value:
            tally["same"] += 1
        elif verdict == "refused" and narrower(text, value):
            tally["PyYAML is narrower"] += 1
        else:
            print(repr(text))
            print("ours:  ", answer)
            print("PyYAML:", verdict, value)
            print(f"they differ; seed {options.seed}")
            return 1
    print(f"{options.cases} texts: {tally}")
    return 0 if tally["same"] > options.cases // 10 else 1


if __name__ == "__main__":
    sys.exit(main())
