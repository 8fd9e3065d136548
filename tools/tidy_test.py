"""tools/tidy.py: each rule refuses its nearest offender and lets the neighbour through."""
import pytest

from tidy import check_file


def rules(tmp_path, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [message.split(": ")[1] for message in check_file(name, tmp_path)]


@pytest.mark.parametrize("name, line, rule", [
    ("src/core/a.cc", "x" * 120, None),
    ("src/core/a.cc", "x" * 121, "columns"),
    ("docs/a.md", "# Title\n\n| " + "x" * 130 + " |", None),
    ("src/a.cc", "int\tx;", "tabs"),
    ("src/a.cc", "int x; ", "trailing_space"),
    ("src/a.cc", "// TO" "DO: later", "promise"),
    ("src/a.cc", "// todos los casos", None),
    ("src/a.cc", "// a place" "holder text", "promise"),
    ("web/a.html", '<input place' 'holder="0000 0000">', None),
    ("scripts/run", "cd /home/" "ann/x", "machine_path"),
    ("scripts/run", "cd /usr/share/x", None),
    ("src/a.cc", "int x = rand();", "banned_call"),
    ("src/a.cc", "int x = operand();", None),
    ("src/a.cc", "// rand() is banned", None),
    ("src/a.cc", 'f("rand()");', None),
    ("src/a.cc", "sprintf(b, 1);", "banned_call"),
    ("src/a.cc", "snprintf(b, 1, 2);", None),
    ("src/a.cc", "system(x);", "banned_call"),
    ("src/a.cc", "file_system(x);", None),
    ("src/core/a.cc", "std::cout << 1;", "banned_call"),
    ("src/bin/a.cc", "std::cout << 1;", None),
    ("src/a.cc", "assert(x);", "banned_call"),
    ("src/a.cc", "static_assert(x);", None),
    ("src/a.cc", "SALLYPORT_ASSERT(x);", None),
    ("src/a.cc", "auto* x = new Case(1);", "raw_new"),
    ("src/a.cc", "auto x = std::make_unique<Case>(1);", None),
    ("src/a.cc", "return std::unique_ptr<Case>(new Case(1));", None),
    ("src/a.cc", "keep(new Case(1));", "raw_new"),
    ("src/a.cc", "Case(const Case&) = delete;", None),
    ("src/a.cc", "auto* x = new Case(1);  // tidy: allow raw_new, the library takes ownership", None),
    ("src/a.cc", "auto* x = new Case(1);  // tidy: allow columns, wrong rule", "raw_new"),
    ("src/a.cc", "try { f(); } catch (const E&) {}", "swallowed_error"),
    ("src/a.cc", "catch (const E& e) {\n}", "swallowed_error"),
    ("src/a.cc", "catch (const E& e) { return fault(e); }", None),
    ("tests/a.py", "try:\n    f()\nexcept OSError:\n    pass", "swallowed_error"),
    ("tests/a.py", "try:\n    f()\nexcept OSError:\n    pass  # the file may be gone, which is what we want", None),
    ("src/a_test.cc", "GTEST_SKIP();", "skipped_test"),
])
def test_a_rule(tmp_path, name, line, rule):
    assert rules(tmp_path, name, line + "\n") == ([rule] if rule else [])


HEAD = "// What it is.\n#pragma once\n"


@pytest.mark.parametrize("line, rule", [
    ("Result<int> f(int x);", "nodiscard"),
    ("virtual Result<int> f(int x) = 0;", "nodiscard"),
    ("[[nodiscard]] Result<int> f(int x);", None),
    ("[[nodiscard]]\nResult<int> f(int x);", None),
    ("Result<int> member;", None),
    ("std::function<void(Result<int>)> done;", None),
])
def test_a_result_may_not_be_ignored(tmp_path, line, rule):
    assert rules(tmp_path, "src/a.h", HEAD + line + "\n") == ([rule] if rule else [])


def test_a_header_opens_with_a_comment_and_is_included_once(tmp_path):
    assert rules(tmp_path, "src/a.h", "#pragma once\n") == ["header"]
    assert rules(tmp_path, "src/a.h", "// What it is.\n") == ["header"]


SOLE_FRIEND = "  friend class Adjudication;  // the only maker\n"
TEST_MAKER = '#include "../tests/support/authorized_action_for_tests.h"\n'


@pytest.mark.parametrize("name, text, refused", [
    ("src/core/ledger/readjudicate.cc", "class Adjudication {\n};\n", False),
    ("tests/support/authorized_action_for_tests.h", HEAD + "class Adjudication {\n};\n", False),
    ("src/core/ledger/readjudicate_test.cc", "class Adjudication {\n};\n", True),
    ("src/app/readjudicate.cc", "class Adjudication {\n};\n", True),
    ("src/app/a.cc", "struct Adjudication final {};\n", True),
    ("src/app/a.cc", "class sallyport::Adjudication\n{\n};\n", True),
    ("src/app/a.cc", "class Adjudication {};  // tidy: allow sole_maker, please\n", True),
    ("tests/a_test.cc", "class\nAdjudication : Base {};\n", True),
    ("src/app/a.cc", "// class Adjudication {\nclass Adjudications {};\nclass Adjudication;\n", False),
    ("src/core/cases/authorized_action.h", HEAD + SOLE_FRIEND, False),
    ("src/core/cases/authorized_action.h", HEAD, True),
    ("src/core/cases/authorized_action.h", HEAD + SOLE_FRIEND + "  friend class Desk;\n", True),
    ("src/core/cases/authorized_action.h", HEAD + SOLE_FRIEND + "  friend AuthorizedAction forge() { return {}; }\n", True),
    ("src/core/cases/authorized_action.h", HEAD + "  // friend class Adjudication;\n", True),
    ("src/core/cases/case.h", HEAD + "  friend class Desk;\n", False),
    ("src/app/a.cc", TEST_MAKER, True),
    ("src/app/a.h", HEAD + TEST_MAKER, True),
    ("src/app/a_test.cc", TEST_MAKER, False),
    ("tests/fuzz/a_fuzz.cc", TEST_MAKER, False),
    ("src/app/a.cc", "// as authorized_action_for_tests.h does\n", False),
])
def test_authorized_actions_have_one_maker(tmp_path, name, text, refused):
    assert rules(tmp_path, name, text) == (["sole_maker"] if refused else [])


def test_a_document_has_one_title_and_links_that_lead_somewhere(tmp_path):
    (tmp_path / "b.md").write_text("# B\n\n## How to leave\n")
    good = "# A\n\n[b](b.md) [part](b.md#how-to-leave) [web](https://example.org) `[x](no.md)`\n"
    assert rules(tmp_path, "a.md", good) == []
    assert rules(tmp_path, "a.md", "# A\n\n[b](c.md)\n") == ["link"]
    assert rules(tmp_path, "a.md", "# A\n\n[b](b.md#how-to-stay)\n") == ["link"]
    assert rules(tmp_path, "a.md", "# A\n\n# B\n") == ["title"]
    assert rules(tmp_path, "a.md", "Text\n") == ["title"]
    assert rules(tmp_path, "a.md", "# A\n\n```\n# a comment in a listing\n```\n") == []


def test_the_last_line_ends(tmp_path):
    assert rules(tmp_path, "a.py", "x = 1") == ["last_line"]
