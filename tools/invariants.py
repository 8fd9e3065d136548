#!/usr/bin/python3
"""Checks that each invariant has its number in four places: the programs, the simulator, the audit and the document.

    tools/invariants.py            of this tree

The programs assert it (SALLYPORT_INVARIANT in src/), the simulator's auditor checks it (expect() in tests/sim), the
audit names it in what it finds (src/core/ledger/readjudicate.cc), docs/testing.md says it. Where a number cannot be in
one of these, the table `not in` of docs/testing.md says why; a line of it that is not true any more is an error, too.
"""
import pathlib
import re
import sys

HIGHEST = 45
PLACES = ("programs", "simulator", "audit")


def in_programs(texts):
    return {int(n) for text in texts for n in re.findall(r"SALLYPORT_INVARIANT\(\s*(\d+),", text)}


def in_simulator(texts):
    """Numbers that some expect() is about; the last argument before the words."""
    found = set()
    for text in texts:
        for call in re.findall(r"\bexpect\((.*?)\);", text, re.DOTALL):
            found |= {int(n) for n in re.findall(r",\s*(\d{1,2}),\s*(?:\"|concat\()", call)[:1]}
    return found


def in_audit(text):
    lists = re.findall(r'"(\d+(?:, \d+)*)"', text)
    return {int(n) for numbers in lists for n in numbers.split(", ")}


def told_by_simulator(text):
    """number -> (checked, words), of its own list."""
    return {int(n): (checked == "true", words)
            for n, checked, words in re.findall(r'\{(\d+), (true|false), "([^"]*)"\}', text)}


def rows(text, *head):
    """The rows of the table with this head."""
    lines = text.splitlines()
    wanted = "| " + " | ".join(head) + " |"
    if wanted not in lines:
        return []
    out = []
    for line in lines[lines.index(wanted) + 2:]:
        if not line.startswith("|"):
            break
        out.append([cell.strip() for cell in line.strip("|").split("|")])
    return out


def findings(programs, simulator, audit, told, document):
    held = {int(number): words for number, words in rows(document, "number", "holds")}
    not_yet = {int(number): words for number, words in rows(document, "number", "why")}
    missing = {(int(number), place) for number, places, _ in rows(document, "number", "not in", "why")
               for place in places.split(", ")}
    found = {"programs": programs, "simulator": simulator, "audit": audit}
    for number in range(1, HIGHEST + 1):
        if (number in held) == (number in not_yet):
            yield f"{number}: docs/testing.md has to say what it holds, or why it does not yet"
            continue
        words = held.get(number, not_yet.get(number))
        if told.get(number) != (number in held, words):
            yield f"{number}: tests/sim/auditor.cc says something else of it than docs/testing.md"
        for place in PLACES:
            is_there, excused = number in found[place], (number, place) in missing
            if number in not_yet and is_there:
                yield f"{number}: docs/testing.md says `not yet`, and the {place} has it"
            if number in held and not is_there and not excused:
                yield f"{number}: is missing in the {place}; put it there, or say in docs/testing.md why it cannot be"
            if excused and (is_there or number in not_yet):
                yield f"{number}: docs/testing.md says why it is not in the {place}, and that is not true any more"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    sources = [path.read_text() for path in sorted((root / "src").rglob("*.cc")) if not path.name.endswith("_test.cc")]
    played = {path: path.read_text() for path in sorted((root / "tests/sim").glob("*.cc"))}
    errors = list(findings(in_programs(sources), in_simulator(played.values()),
                           in_audit((root / "src/core/ledger/readjudicate.cc").read_text()),
                           told_by_simulator(played[root / "tests/sim/auditor.cc"]),
                           (root / "docs/testing.md").read_text()))
    print("\n".join(f"invariants: {e}" for e in errors) if errors
          else f"invariants: {HIGHEST} numbers, each where it has to be")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
