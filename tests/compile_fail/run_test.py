"""tests/compile_fail/run.py itself: a case that proves nothing is refused."""
import pytest

from run import check

GOOD = "// expect: invalid conversion\n#ifdef MUST_NOT_COMPILE\nint* p = 1;\n#else\nint* p = nullptr;\n#endif\n"


@pytest.mark.parametrize("text, complaint", [
    (GOOD, None),
    (GOOD.replace("int* p = 1;", "int* p = nullptr;"), "compiles, and must not"),
    (GOOD.replace("#else", "#else\n#include \"missing.h\""), "the permitted twin does not compile"),
    (GOOD.replace("invalid conversion", "deleted function"), "fails, but not with"),
    (GOOD.replace("// expect: invalid conversion\n", ""), "has no `// expect:` line"),
])
def test_a_case_must_fail_for_the_reason_it_states(tmp_path, text, complaint):
    (tmp_path / "case.cc").write_text(text)
    error = check("g++", tmp_path / "case.cc")
    assert error is None if complaint is None else error.startswith(complaint)
