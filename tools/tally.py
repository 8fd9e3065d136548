#!/usr/bin/python3
"""Counts the test cases of JUnit reports and tells how to rerun each that failed.

    tools/tally.py pytest REPORT.xml
    tools/tally.py ctest CTEST.xml GTEST_FOLDER BUILD

ctest's report knows each program, GoogleTest's reports (GTEST_OUTPUT=xml:FOLDER/) each case in it. A
program that failed without a failing case (it crashed, or a sanitizer stopped it) counts as one failure.
Prints the failures, then `PASSED FAILED` alone on the last line, for scripts/test to add up.
"""
import pathlib
import sys
import xml.etree.ElementTree as ET


def cases(path):
    for case in ET.parse(path).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error")]
        ran = case.get("status") not in ("notrun", "disabled") and case.find("skipped") is None
        yield case, bool(bad) or case.get("status") == "fail", ran


def tally_pytest(report):
    """(passed, [rerun lines])"""
    passed, failed = 0, []
    for case, bad, ran in cases(report):
        if bad:
            file = case.get("classname", "").replace(".", "/") + ".py"
            failed.append(f"/usr/bin/python3 -m pytest {file} -k '{case.get('name')}'")
        elif ran:
            passed += 1
    return passed, failed


def tally_ctest(report, gtest_folder, build):
    passed, failed = 0, []
    within = {}
    for path in sorted(pathlib.Path(gtest_folder).glob("*.xml")):
        program = path.stem
        for case, bad, ran in cases(path):
            good, wrong = within.setdefault(program, (0, []))
            name = f"{case.get('classname')}.{case.get('name')}"
            if bad:
                wrong.append(f"{build}/test/{program} --gtest_filter='{name}'")
            within[program] = (good + (ran and not bad), wrong)
    for case, bad, _ in cases(report):
        good, wrong = within.get(case.get("name") + "_test", (0, []))
        if bad and not wrong:
            wrong = [f"ctest --test-dir {build} -R '^{case.get('name')}$' --output-on-failure"]
        passed += good if good or wrong else 1
        failed += wrong
    return passed, failed


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "pytest":
        passed, failed = tally_pytest(arguments[1])
    elif len(arguments) == 4 and arguments[0] == "ctest":
        passed, failed = tally_ctest(*arguments[1:])
    else:
        print(__doc__)
        return 2
    for line in failed:
        print(f"  failed; rerun: {line}")
    print(passed, len(failed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
