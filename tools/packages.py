#!/usr/bin/python3
"""Checks that whatever the tree uses of the system comes from a package of scripts/packages.txt.

    tools/packages.py [BUILD]        BUILD is the build folder, `build` unless told

Looked at: system headers included under src/ and tests/, modules that our Python imports, programs that
CMake, our scripts and our tests look for, shared libraries that the built programs load. Each must belong
to a package on the list, or to one that such a package depends on. Needs dpkg; elsewhere it says so.
"""
import argparse
import ast
import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEARCHED = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"]


def listed():
    lines = (ROOT / "scripts" / "packages.txt").read_text().splitlines()
    names = (line.split("#")[0].strip() for line in lines)
    return sorted({name for name in names if name and not name.startswith("[")})


def closure(names):
    """The packages named and all that they depend on, as far as installed here."""
    status = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Depends}, ${Pre-Depends}\t${Provides}\n"],
                            check=True, capture_output=True, text=True).stdout
    depends, provided_by = {}, {}

    def plain(text):
        return [re.sub(r"[\s:(].*", "", part.strip()) for part in re.split(r"[,|]", text) if part.strip()]

    for line in status.splitlines():
        name, needs, provides = line.split("\t")
        depends[name] = plain(needs)
        for other in plain(provides):
            provided_by.setdefault(other, []).append(name)
    found, queue = set(), list(names)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        queue += depends.get(name, []) + provided_by.get(name, [])
    return found


def owner(path):
    """The package that installed a file; usr-merged systems know it under /lib or /usr/lib."""
    real = str(pathlib.Path(path).resolve())
    for spelling in dict.fromkeys([str(path), real, re.sub(r"^/usr/(lib|bin|sbin)", r"/\1", real)]):
        answer = subprocess.run(["dpkg-query", "-S", spelling], capture_output=True, text=True).stdout
        if answer:
            return answer.splitlines()[0].split(":")[0].split(",")[0]
    return None


def files(*patterns):
    for pattern in patterns:
        yield from (p for p in sorted(ROOT.glob(pattern)) if p.is_file())


def headers():
    for path in files("src/**/*.h", "src/**/*.cc", "tests/**/*.h", "tests/**/*.cc"):
        for name in re.findall(r"^\s*#\s*include\s*<([^>]+)>", path.read_text(), re.M):
            if "." not in name.rsplit("/", 1)[-1] and "/" not in name:
                continue  # a standard header without suffix: the compiler's own
            yield path, "header", name, next((f"{d}/{name}" for d in SEARCHED if pathlib.Path(d, name).exists()), None)


def modules():
    ours = {p.stem for p in files("tools/*.py", "tests/**/*.py")}
    ours |= {p.name for p in ROOT.glob("tests/**") if p.is_dir()}
    for path in files("tools/*.py", "tests/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else \
                [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            for name in {n.split(".")[0] for n in names} - ours - set(sys.stdlib_module_names):
                spec = importlib.util.find_spec(name)
                yield path, "module", name, spec.origin if spec else None


def programs():
    looked_for = re.compile(r"(?:find_program\(\w+ |command -v |shutil\.which\([\"'])([\w.+-]+)")
    for path in files("cmake/*.cmake", "CMakeLists.txt", "src/CMakeLists.txt", "scripts/*", "tests/**/*.py",
                      "tests/**/*.sh"):
        for name in looked_for.findall(path.read_text()):
            if name not in {"dpkg-query", "apt-get", "sudo"}:  # scripts/install explains their absence itself
                yield path, "program", name, shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")


def libraries(build):
    for path in sorted((build / "bin").glob("*")) if (build / "bin").is_dir() else []:
        loaded = subprocess.run(["ldd", str(path)], capture_output=True, text=True).stdout
        for name, where in re.findall(r"^\s*(\S+) => (\S+|not found)", loaded, re.M):
            yield path, "library", name, where if where.startswith("/") else None


def check(used, allowed):
    owners = {}
    for path, kind, name, where in used:
        place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        if where is None:
            yield f"{place}: {kind} `{name}` is not on this system; add its package to scripts/packages.txt"
            continue
        if where not in owners:
            owners[where] = owner(where)
        if owners[where] is None:
            yield f"{place}: {kind} `{name}` ({where}) comes from no package"
        elif owners[where] not in allowed:
            yield f"{place}: {kind} `{name}` comes from {owners[where]}; add it to scripts/packages.txt, or do without"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=ROOT / "build")
    build = parser.parse_args().build.resolve()
    if not shutil.which("dpkg-query"):
        print("packages: no dpkg here, so nobody knows what belongs to which package; nothing checked")
        return 0
    used = [*headers(), *modules(), *programs(), *libraries(build)]
    errors = sorted(set(check(used, closure(listed()))))
    kinds = {kind: len({name for _, k, name, _ in used if k == kind})
             for kind in ("header", "module", "program", "library")}
    summary = ", ".join(f"{count} {'libraries' if kind == 'library' else kind + 's'}" for kind, count in kinds.items())
    print("\n".join(errors) if errors else f"packages: {summary} all come from scripts/packages.txt")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
