"""tools/tally.py: nothing that failed is counted as passed, and a crash counts."""
from tally import tally_ctest, tally_pytest

CTEST = """<testsuite>
<testcase name="sp_base" status="run"/>
<testcase name="sp_core" status="fail"><failure message=""/></testcase>
<testcase name="sp_store" status="fail"><failure message="Subprocess aborted"/></testcase>
<testcase name="compile_fail" status="run"/>
</testsuite>"""
BASE = """<testsuites><testsuite><testcase name="a" status="run" classname="S"/>
<testcase name="b" status="run" classname="S"/></testsuite></testsuites>"""
CORE = """<testsuites><testsuite><testcase name="a" status="run" classname="S"/>
<testcase name="b" status="run" classname="S"><failure/></testcase>
<testcase name="c" status="notrun" classname="S"/></testsuite></testsuites>"""


def test_cases_crashes_and_plain_programs_are_counted(tmp_path):
    (tmp_path / "g").mkdir()
    (tmp_path / "ctest.xml").write_text(CTEST)
    (tmp_path / "g" / "sp_base_test.xml").write_text(BASE)
    (tmp_path / "g" / "sp_core_test.xml").write_text(CORE)
    passed, failed = tally_ctest(tmp_path / "ctest.xml", tmp_path / "g", "build")
    assert passed == 2 + 1 + 1
    assert failed == ["build/test/sp_core_test --gtest_filter='S.b'",
                      "ctest --test-dir build -R '^sp_store$' --output-on-failure"]


def test_pytest_reports(tmp_path):
    (tmp_path / "r.xml").write_text("""<testsuites><testsuite>
<testcase classname="tests.functional.test_a" name="test_x"/>
<testcase classname="tests.functional.test_a" name="test_y"><failure/></testcase>
<testcase classname="tests.functional.test_a" name="test_z"><skipped/></testcase>
<testcase classname="tests.functional.test_a" name="test_w"><error/></testcase>
</testsuite></testsuites>""")
    passed, failed = tally_pytest(tmp_path / "r.xml")
    assert passed == 1 and len(failed) == 2
    assert failed[0] == "/usr/bin/python3 -m pytest tests/functional/test_a.py -k 'test_y'"
