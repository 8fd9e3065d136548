#!/usr/bin/python3
"""Checks that every #include under src/ is an edge that src/layers.json allows.

    tools/layers.py             check; prints file:line, the edge, what is allowed instead
    tools/layers.py --draw      print the graph of folders for docs/architecture.md (mermaid)

Errors: a forbidden edge between folders, a library outside its folder, an impure standard header
in the core, an include that resolves to no file, a folder that layers.json does not name, a cycle
in layers.json itself.
"""
import argparse
import json
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".h", ".cc"}
# Headers of ISO C++23 and the C headers it takes over.
STANDARD = set("""
algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts
condition_variable coroutine deque exception execution expected filesystem format forward_list fstream functional
future generator initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
mdspan memory memory_resource mutex new numbers numeric optional ostream print queue random ranges ratio regex
scoped_allocator semaphore set shared_mutex source_location span spanstream sstream stack stacktrace
stdexcept stop_token streambuf string string_view strstream syncstream system_error thread tuple
type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype
""".split())


def is_test(source):
    return source.endswith(("_test.cc", "test_support.h"))


def within(path, prefix):
    """Is `path` the folder or file `prefix`, or below it?"""
    return path == prefix or path.startswith(prefix + "/")


def folder_of(path, folders):
    """The longest declared folder that holds `path`; bin/NAME.cc counts as bin/NAME. None if there is none."""
    stem = path.rsplit(".", 1)[0]
    found = [f for f in folders if path.startswith(f + "/") or stem == f]
    return max(found, key=len, default=None)


class Layers:
    def __init__(self, policy):
        self.folders = policy["folders"]
        self.libraries = policy["libraries"]
        self.pure_std_banned = set(policy["pure_std_banned"])
        self.test_may_include = policy["test_may_include"]

    def edges(self, folder):
        """Declared folders that `folder` may include, itself left out."""
        allowed = self.folders[folder]["may_include"]
        return sorted(other for other in self.folders if other != folder
                      and any(within(other, a) or folder_of(a, self.folders) == other for a in allowed))

    def policy_errors(self):
        for folder, rule in self.folders.items():
            for allowed in rule["may_include"]:
                if not any(within(f, allowed) for f in self.folders) and folder_of(allowed, self.folders) is None:
                    yield f"src/layers.json: `{folder}` may include `{allowed}`, which is no declared folder"
        state = {}

        def visit(folder, trail):
            if state.get(folder) == "done":
                return None
            if folder in trail:
                return trail[trail.index(folder):] + [folder]
            for other in self.edges(folder):
                cycle = visit(other, trail + [folder])
                if cycle:
                    return cycle
            state[folder] = "done"
            return None

        for folder in self.folders:
            cycle = visit(folder, [])
            if cycle:
                yield "src/layers.json: the allowed edges run in a circle: " + " -> ".join(cycle)
                return

    def check_own(self, source, target, exists):
        """One `#include "target"` in file `source` (both relative to src/). A message, or None."""
        here = folder_of(source, self.folders)
        if not exists:
            return f"includes \"{target}\", and src/{target} does not exist; include by path from src/"
        there = folder_of(target, self.folders)
        if is_test(source) and any(within(target, a) for a in self.test_may_include):
            return None
        if there is None:
            return f"includes \"{target}\", whose folder src/layers.json does not name"
        if is_test(target) and not is_test(source):
            return f"\"{target}\" serves tests, and this is none"
        if there == here:
            return None
        allowed = self.folders[here]["may_include"]
        if any(within(target, a) for a in allowed):
            return None
        return (f"{here} -> {there} is no allowed edge (\"{target}\"); "
                f"{here} may include: {', '.join(allowed) or 'nothing'}")

    def check_library(self, source, header):
        """One `#include <header>` in file `source`. A message, or None."""
        here = folder_of(source, self.folders)
        if header in STANDARD:
            if self.folders[here].get("pure") and header in self.pure_std_banned and not is_test(source):
                return f"{here} is pure and may not include <{header}>; what it brings must come in as an argument"
            return None
        places = []
        for library in self.libraries:
            if any(header == h or (h.endswith("/") and header.startswith(h)) for h in library["headers"]):
                places += library["folders"]
        if not places:
            return (f"<{header}> belongs to no library that src/layers.json names; "
                    "declare it there and in docs/dependencies.md")
        if any(within(here, place) for place in places) or ("*_test.cc" in places and is_test(source)):
            return None
        return f"<{header}> may be included in {', '.join(places)} only, not in {here}"

    def check_tree(self, src):
        yield from self.policy_errors()
        for path in sorted(p for p in src.rglob("*") if p.suffix in SOURCES):
            source = path.relative_to(src).as_posix()
            if folder_of(source, self.folders) is None:
                yield f"src/{source}: its folder is not in src/layers.json; add it with the edges it may have"
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                own, target = match[1] == '"', match[2]
                message = (self.check_own(source, target, (src / target).is_file()) if own
                           else self.check_library(source, target))
                if message:
                    yield f"src/{source}:{number}: {message}"

    def draw(self):
        """Mermaid; edges that follow from others are left out."""
        reach = {f: set(self.edges(f)) for f in self.folders}
        lines = ["graph TD"]
        for folder, direct in reach.items():
            implied = set().union(*(reach[d] for d in direct)) if direct else set()
            name = folder.replace("/", "_").replace("-", "_")
            lines.append(f'  {name}["{folder}"]')
            lines += [f"  {name} --> {d.replace('/', '_').replace('-', '_')}" for d in sorted(direct - implied)]
        return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draw", action="store_true", help="print the graph instead of checking")
    parser.add_argument("--src", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent / "src")
    arguments = parser.parse_args()
    layers = Layers(json.loads((arguments.src / "layers.json").read_text()))
    if arguments.draw:
        print(layers.draw())
        return 0
    errors = list(layers.check_tree(arguments.src))
    print("\n".join(errors) if errors else f"layers: {len(layers.folders)} folders, every include is an allowed edge")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
