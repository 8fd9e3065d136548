"""tools/packages.py: what a listed package brings is fine, what none brings is an error."""
import pathlib

from packages import ROOT, check, closure, listed

HERE = ROOT / "scripts" / "packages.txt"


def test_the_list_has_no_comments_or_groups_left_in_it():
    assert "g++" in listed() and not any(" " in name or "#" in name or "[" in name for name in listed())


def test_a_dependency_of_a_listed_package_counts():
    assert "libc6-dev" in closure(["g++"])
    assert "libsqlite3-dev" not in closure(["g++"])


def test_a_header_of_an_unlisted_package_is_named_with_its_package():
    used = [(HERE, "header", "sqlite3.h", "/usr/include/sqlite3.h")]
    assert list(check(used, closure(["libsqlite3-dev"]))) == []
    found = list(check(used, closure(["g++"])))
    assert len(found) == 1 and "comes from libsqlite3-dev" in found[0]


def test_what_is_not_there_or_belongs_to_nobody_is_an_error(tmp_path):
    stray = tmp_path / "stray.h"
    stray.write_text("")
    found = list(check([(HERE, "header", "x.h", None), (HERE, "header", "y.h", str(stray))], set()))
    assert "is not on this system" in found[0] and "comes from no package" in found[1]


def test_paths_are_told_from_the_root_of_the_project():
    assert list(check([(pathlib.Path(HERE), "header", "x.h", None)], set()))[0].startswith("scripts/packages.txt: ")
