#!/usr/bin/python3
"""What must not compile, does not; its neighbour does.

    tests/compile_fail/run.py [--compiler g++] [CASE...]

Each *.cc here says in its first lines what it proves and which error is due:

    // expect: regular expression, searched in the compiler's errors

It is compiled twice. Without MUST_NOT_COMPILE it has to pass (so it fails for the reason stated, not
for a missing header); with it, it has to fail with the error expected.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
SRC = HERE.parent.parent / "src"


def compile_case(compiler, path, defines):
    command = [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{SRC}", *defines, str(path)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})


def check(compiler, path):
    """An error text, or None."""
    text = path.read_text()
    expected = re.search(r"^// expect: (.+)$", text, re.M)
    if not expected or "#ifdef MUST_NOT_COMPILE" not in text:
        return "has no `// expect:` line, or no `#ifdef MUST_NOT_COMPILE`"
    twin = compile_case(compiler, path, [])
    if twin.returncode != 0:
        return "the permitted twin does not compile:\n" + twin.stderr
    wrong = compile_case(compiler, path, ["-DMUST_NOT_COMPILE"])
    if wrong.returncode == 0:
        return "compiles, and must not"
    errors = "\n".join(line for line in wrong.stderr.splitlines() if "error:" in line)
    if not re.search(expected[1], errors):
        return f"fails, but not with /{expected[1]}/:\n{errors}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("cases", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    paths = arguments.cases or sorted(HERE.glob("*.cc"))
    if not paths:
        print("compile_fail: no cases")
        return 1
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(lambda path: check(arguments.compiler, path), paths))
    for path, error in zip(paths, results):
        print(f"{'FAIL' if error else 'ok  '} {path.name}" + (f": {error}" if error else ""))
    return 1 if any(results) else 0


if __name__ == "__main__":
    sys.exit(main())
