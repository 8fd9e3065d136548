#!/usr/bin/python3
"""House rules that a program can check, over every file that git knows or would add.

    tools/tidy.py [FILE...]       check; prints file:line, the rule, the fix

A line that must break a rule carries `tidy: allow RULE, REASON` in a comment.
"""
import argparse
import pathlib
import re
import subprocess
import sys

COLUMNS_MAX = 120
CODE = {".h", ".cc"}
TEXT = CODE | {".py", ".md", ".cmake", ".json", ".txt", ".yaml", ".yml", ".js", ".css", ".html", ".sh", ".scn", ""}
UNJUDGED = ("tools/tidy.py", "tools/tidy_test.py", "LICENSE")  # they hold the banned words, or are not ours
DATA = ("tests/vectors/", "tests/fuzz/corpus/", "docs/api/")

# Halves are joined so that this very file stays free of the words.
PROMISES = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|(?<!:)place" r"holder(?!\s*[=:{])|not impl" r"emented|for n" r"ow)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home/\w+|Users/\w+|root/[\w.]+|work/[\w.]+)")
ALLOW = re.compile(r"tidy: allow ([a-z_]+), \S")

# (rule, pattern, where, fix)
CALLS = [
    ("banned_call", r"\b(rand|srand|random)\s*\(\s*\)", "src/", "take bytes from ports/entropy.h"),
    ("banned_call", r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", "src/", "use std::string and concat()"),
    ("banned_call", r"(?<![\w.>:])(?:std::)?(system|popen)\s*\(", "src/", "Sallyport starts no shell"),
    ("banned_call", r"\b(atoi|atol|atof|strtol|strtod|sscanf|std::stoi|std::stol|std::stod|std::stoull?)\s*\(", "src/",
     "use std::from_chars, which reports what it did not read"),
    ("banned_call", r"\b(localtime|gmtime|ctime|asctime|strftime)\s*\(", "src/", "use to_rfc3339() of base/instant.h"),
    ("banned_call", r"\bstd::(cout|cerr|clog|endl)\b", "src/core/", "the core prints nothing"),
    ("banned_call", r"(?<![\w.>])assert\s*\(", "src/", "use SALLYPORT_ASSERT, which stays on in release"),
    ("banned_call", r"\bmemcmp\s*\(", "src/", "use == on views, or equal_constant_time for secrets"),
    ("banned_call", r"\bconst_cast\b", "src/", "a C interface that lacks const earns an allow"),
    ("banned_call", r"\bstd::regex\b", "src/", "it overflows the stack on long input; scan by hand"),
    # `unique_ptr<T> x(new T(...))` is how a factory makes what has a private constructor: owned at once.
    ("raw_new", r"^(?!.*unique_ptr<[^;]*\(new ).*?(?<![\w_])(new\s+[A-Za-z_:]+\s*[({\[;]|delete\s+[a-z_]+;|delete\[\])", "src/", "own it with std::unique_ptr"),
    ("using_namespace", r"^\s*using namespace std;", "src/", "name what is used"),
    ("swallowed_error", r"catch\s*\([^)]*\)\s*\{\s*\}", "", "handle the error or pass it up"),
    ("swallowed_error", r"^\s*except[^:]*:\s*pass\b", "", "handle the error or pass it up"),
    ("swallowed_error", r"^\s*except\s*:", "", "name the exception"),
    ("skipped_test", r"\b(GTEST_SKIP|DISABLED_\w+|pytest\.skip|pytest\.mark\.(skip|xfail))\b", "",
     "a skipped test is a claim that is not checked"),
]
CALLS = [(rule, re.compile(pattern), where, fix) for rule, pattern, where, fix in CALLS]
# Functions that give a Result, an optional or an outcome; friends and operators aside.
UNMARKED = re.compile(r"^\s*(?:static |virtual |inline |constexpr |friend )*(?:sallyport::)?(?:Result<|WriteResult )[^()=]*\b\w+\(")


def strip_comment(line, suffix):
    """The code of a line; good enough for rules that look for calls."""
    mark = "//" if suffix in CODE | {".js"} else "#" if suffix in {".py", ".cmake", ".sh", ""} else None
    if mark and mark in line:
        quoted = re.sub(r'"(\\.|[^"\\])*"', lambda m: " " * len(m[0]), line)
        return quoted.split(mark)[0]
    return re.sub(r'"(\\.|[^"\\])*"', '""', line) if suffix in CODE else line


def check_lines(name, text):
    suffix = pathlib.PurePosixPath(name).suffix
    lines = text.splitlines()
    fenced = False
    for number, line in enumerate(lines, 1):
        found = []
        code = strip_comment(line, suffix)
        fenced ^= suffix == ".md" and line.lstrip().startswith("```")
        wide = len(line) > COLUMNS_MAX
        if wide and suffix not in {".json", ".svg"} and not re.search(r"https?://\S{40,}", line) \
                and not (suffix == ".md" and (line.startswith("|") or fenced)) and not name.startswith(("web/vendor/", "docs/drills/")):
            found.append(("columns", f"{len(line)} columns; {COLUMNS_MAX} fit", ""))
        if "\t" in line and not name.endswith(("Makefile", ".tsv")):
            found.append(("tabs", "a tab", "two spaces"))
        if line != line.rstrip():
            found.append(("trailing_space", "white space at the end", ""))
        if match := PROMISES.search(line):
            found.append(("promise", f"`{match[0]}`", "do it now, or file it"))
        if match := MACHINE_PATHS.search(line):
            found.append(("machine_path", f"`{match[0]}` names one machine", "derive it from the script's own place"))
        for rule, pattern, where, fix in CALLS:
            if suffix in CODE | {".py"} and name.startswith(where) and (match := pattern.search(code)):
                found.append((rule, f"`{match[0].strip()}`", fix))
        if suffix == ".h" and UNMARKED.match(line) and "[[nodiscard]]" not in line \
                and "[[nodiscard]]" not in (lines[number - 2] if number > 1 else "") and not line.rstrip().endswith(","):
            found.append(("nodiscard", "a result that may be ignored", "[[nodiscard]] before the declaration"))
        allowed = ALLOW.search(line)
        for rule, what, fix in found:
            if not allowed or allowed[1] != rule:
                yield f"{name}:{number}: {rule}: {what}" + (f"; {fix}" if fix else "")
    # Multi-line empty handlers.
    if suffix in CODE:
        for match in re.finditer(r"catch\s*\([^)]*\)\s*\{\s*\n\s*\}", text):
            yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: swallowed_error: an empty handler; handle it or pass it up"
    if suffix == ".py":
        for match in re.finditer(r"^[ ]*except[^\n]*:\n\s+pass\b(?![^\n]*#)", text, re.M):
            yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: swallowed_error: `pass`; say why, or pass it up"


def anchors(text):
    """The anchors that a Markdown file's headings make, the way forges spell them."""
    titles = re.findall(r"^#{1,6} (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", t.strip().lower()).replace(" ", "-") for t in titles}


def check_document(name, text, root):
    prose = re.sub(r"```.*?```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    titles = re.findall(r"^# .+$", prose, re.M)
    if len(titles) != 1 or not prose.startswith("# "):
        yield f"{name}:1: title: {len(titles)} first-level titles; a document opens with one, and has one"
    for match in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose)):
        target, _, anchor = match[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        line = prose.count("\n", 0, match.start()) + 1
        path = (root / name).parent / target if target else root / name
        if not path.exists():
            yield f"{name}:{line}: link: `{match[1]}` points to no file"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
            yield f"{name}:{line}: link: `{match[1]}` points to no heading"


def check_header(name, text):
    if not text.startswith("//"):
        yield f"{name}:1: header: no opening comment; say what this is, what it promises, who owns what"
    if "#pragma once" not in text:
        yield f"{name}:1: header: no #pragma once"


# Who may act has one maker: AuthorizedAction befriends one class, and that class is defined in one place and,
# for tests, in one more. No `tidy: allow` opens these.
MAKERS = ("src/core/ledger/readjudicate.cc", "tests/support/authorized_action_for_tests.h")
BEFRIENDING = "src/core/cases/authorized_action.h"
MAKER_DEFINED = re.compile(r"\b(?:class|struct|union)\s+(?:\w+\s*::\s*)*Adjudication\b(?!\s*;)")
TEST_MAKER_INCLUDED = re.compile(r'^\s*#\s*include\s*["<][^">]*authorized_action_for_tests\.h[">]', re.M)


def check_sole_maker(name, text):
    def at(match):
        return f"{name}:{text.count(chr(10), 0, match.start()) + 1}: sole_maker:"

    # As long as the text, so that positions stay.
    code = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
    if name not in MAKERS:
        for match in MAKER_DEFINED.finditer(code):
            yield f"{at(match)} `Adjudication` makes authorized actions; it is defined in {' and '.join(MAKERS)} only"
    if name == BEFRIENDING:
        friends = list(re.finditer(r"\bfriend\b[^;{]*[;{]", code))
        for match in friends:
            if match[0] != "friend class Adjudication;":
                yield f"{at(match)} `{match[0]}`: AuthorizedAction has one friend, `class Adjudication`"
        if not friends:
            yield f"{name}:1: sole_maker: AuthorizedAction has lost its maker, `friend class Adjudication;`"
    if not name.startswith("tests/") and not name.endswith("_test.cc"):
        for match in TEST_MAKER_INCLUDED.finditer(code):
            yield f"{at(match)} authorized_action_for_tests.h is for *_test.cc and tests/ only; come with a permit"


def check_file(name, root):
    path = root / name
    if path.is_symlink() or not path.is_file() or name in UNJUDGED or name.startswith(DATA):
        return
    if path.suffix not in TEXT:
        return
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        if path.suffix:
            yield f"{name}:1: encoding: not UTF-8"
        return
    if text and not text.endswith("\n"):
        yield f"{name}:{text.count(chr(10)) + 1}: last_line: no newline at the end"
    yield from check_lines(name, text)
    if path.suffix in CODE:
        yield from check_sole_maker(name, text)
    if path.suffix == ".md":
        yield from check_document(name, text, root)
    if path.suffix == ".h" and name.startswith("src/"):
        yield from check_header(name, text)


def all_files(root):
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=True, capture_output=True, text=True).stdout
    return sorted(set(filter(None, listing.split("\0"))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="relative to the project; all files unless told")
    files = parser.parse_args().files
    root = pathlib.Path(__file__).resolve().parent.parent
    names = files or all_files(root)
    errors = [message for name in names for message in check_file(name, root)]
    print("\n".join(errors) if errors else f"tidy: {len(names)} files keep the house rules")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
