"""tools/invariants.py: a number that is missing in one of the four places is told, and so is an excuse that is old."""
from invariants import HIGHEST, findings, in_audit, in_programs, in_simulator, told_by_simulator

ALL = set(range(1, HIGHEST + 1))
TOLD = {n: (n != 22, f"holds {n}" if n != 22 else "sessions stay") for n in ALL}


def document(held=ALL - {22}, not_in=(("7", "audit", "it cannot see it"),)):
    return "\n".join(["| number | holds |", "| --- | --- |", *(f"| {n} | holds {n} |" for n in sorted(held)), "",
                      "| number | not in | why |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in not_in),
                      "", "| number | why |", "| --- | --- |", "| 22 | sessions stay |"])


def told(programs=ALL - {22}, simulator=ALL - {22}, audit=ALL - {7, 22}, says=None, text=None):
    return list(findings(programs, simulator, audit, says or TOLD, text or document()))


def test_numbers_are_read_where_they_stand():
    assert in_programs(['SALLYPORT_INVARIANT(3, a);\n SALLYPORT_INVARIANT(\n    14, b);']) == {3, 14}
    assert in_simulator(['expect(a(1, 2) == b, 20, "case ", id, 7, " is");\nauditor.expect(x,\n   28, concat("y"));']) \
        == {20, 28}
    assert in_audit('{DenialCode::x, "1, 2, 20"}, differs("text 9", "31")') == {1, 2, 20, 31}
    assert told_by_simulator('{1, true, "holds"},\n{22, false, "not"},') == {1: (True, "holds"), 22: (False, "not")}


def test_nothing_is_said_when_all_is_there():
    assert told() == []


def test_a_number_that_is_missing_somewhere_is_told():
    assert "16: is missing in the programs" in told(programs=ALL - {16, 22})[0]
    assert "16: is missing in the simulator" in told(simulator=ALL - {16, 22})[0]
    assert "16: is missing in the audit" in told(audit=ALL - {7, 16, 22})[0]
    assert told(text=document(held=ALL - {16, 22}))[0].startswith("16: docs/testing.md has to say")


def test_what_the_simulator_says_of_itself_is_what_the_document_says():
    assert "16: tests/sim/auditor.cc says something else" in told(says=TOLD | {16: (True, "other words")})[0]
    assert "16: tests/sim/auditor.cc says something else" in told(says=TOLD | {16: (False, "holds 16")})[0]


def test_an_old_excuse_is_told():
    assert "7: docs/testing.md says why" in told(audit=ALL - {22})[0]
    assert "22: docs/testing.md says `not yet`" in told(programs=ALL)[0]
