"""The programs' reader of stories, and the one that was written from docs/scenarios.md, take the same for a story."""

import pathlib
import random
import re
import subprocess

from framework import story_reader
from framework.site import BIN

STORIES = pathlib.Path(__file__).resolve().parents[1] / "stories"
MUTANTS = 400  # of the stories, at random


def both_read(folder, number, text):
    """What each says, "read" or "refused". As `pending`, so that none is played."""
    text = re.sub("^pending:", "#", text, flags=re.MULTILINE) + "\npending: x\n"
    file = folder / f"{number}.scn"
    file.write_bytes(text.encode())
    theirs = subprocess.run([BIN / "sallyport", "story", "play", file], capture_output=True, text=True).returncode
    try:
        story_reader.read(text.encode())
        ours = "read"
    except story_reader.Malformed:
        ours = "refused"
    return ours, "refused" if theirs == 2 else "read"


def test_both_readers_refuse_the_same_mistakes(programs, tmp_path):
    """The programs' own reader, and the one that was written from docs/scenarios.md."""
    good = (STORIES / "legitimate" / "a-wrong-code-first.scn").read_text()
    changes = [
        ("policy: ../rp-1.yaml\n", ""),
        ("kind: a slip", "kind: a slip\nkind: another"),
        ("kind: a slip", "kind:"),
        ("people:", "people: some"),
        ("people:", "folk:"),
        ("ann: agent,", "ann:"),
        (", team help_desk", ""),
        ("seat approver", "seat"),
        ("ben: agent", "ann: agent"),
        ("  paul:", "  paul: lame"),
        ("  paul:", "  paul: group"),
        ("  paul:", "  Paul:"),
        ("  paul:", "  paul: admin executive"),
        ("09:01", "9:01"),
        ("09:01", "08:59"),
        ("09:01", "24:00"),
        ("09:01", "day 0 09:01"),
        ("09:01", "day 1001 09:01"),
        ("by phone", "by"),
        ("by phone", 'by "phone'),
        ("by phone", "by phone -> allowed"),
        ("by phone", "by phone -> refused: no_such_code"),
        ("by phone", "by phone at night"),
        ("by phone", "by phone;night"),
        ("for paul:", "for pia:"),
        ("password_reset", "password-reset"),
        ("gives totp", "gives totp, bound 2w before"),
        ("gives totp", "gives totp, bound 4000d before"),
        ("gives totp", "gives totp, bound 2d ago"),
        ("gives totp", "gives totp,"),
        ("gives totp", "shows totp"),
        ("opens case 1", "opens case One"),
        ("09:02 the claimant of case 1", "09:02 the claimant of case 2"),
        ("and the directory refuses", "and the directory sulks"),
        ("case 1 is done", "case 1 is over"),
        ("case 1 is done", "case 2 is done"),
        ("1 write", "one write"),
        ("1 write", "1 write at least"),
        ("ends:", "ends:\n\tcase 1 is done"),
        ("  paul:", "  paul: manager"),
        ("  paul:", "  paul: manager pia"),
        ("  paul:", "  paul: disguised locked"),
        ("by phone", "by phone\n  09:00 ann opens 0 cases for others"),
        ("by phone", "by phone\n  09:00 ann opens 5001 cases for others"),
        ("by phone", "by phone\n  09:00 ann opens 5000 cases for others\n  09:00 ann opens 1 cases for others"),
        ("by phone", "by phone\n  09:00 ann opens many cases for others"),
        ("by phone", "by phone\n  09:00 ann opens 40 cases for paul"),
        ("by phone", "by phone\n  09:00 ann opens 40 cases for others, by"),
        ("by phone", "by phone\n  09:00 lea approves case 1, on another side"),
        ("by phone", "by phone\n  09:00 lea approves case 1, by touch"),
        ("by phone", "by phone\n  09:00 ann hears from the holder of case 1 that it was them, through callback"),
        ("by phone", "by phone\n  09:00 ann hears from the holder of case 1 that it was not them"),
        ("by phone", "by phone\n  09:00 ann hears from the holder of case 2 that it was not them, through callback"),
        ("by phone", "by phone\n  09:00 the holder of case 1 says it was not them, through"),
        ("by phone", "by phone\n  09:00 the holder of case 1 says no, through notice"),
        ("by phone", "by phone\n  09:00 ann proposes policy"),
        ("by phone", "by phone\n  09:00 ann proposes ../rp-1.yaml"),
        ("by phone", "by phone\n  09:00 ann agrees to the policy"),
        ("by phone", "by phone\n  09:00 the account pia becomes admin"),
        ("by phone", "by phone\n  09:00 the account paul becomes locked"),
        ("by phone", "by phone\n  09:00 the account paul gets group"),
        ("by phone", "by phone\n  09:00 the gateway's clock is set by 1d"),
        ("by phone", "by phone\n  09:00 the gateway's clock is set back by"),
        ("by phone", "by phone\n  09:00 the gateway's clock is set on by 3651d"),
        (
            "by phone",
            "by phone\n  09:00 the gateway's clock is set on by 3650d\n  09:00 the gateway's clock is set back by 1ms",
        ),
        ("by phone", "by phone\n  09:00 somebody writes an approval by pia into case 1"),
        ("by phone", "by phone\n  09:00 somebody writes an approval by lea into case 2"),
        ("by phone", "by phone\n  09:00 somebody cuts the approvals out of case 2"),
        ("by phone", "by phone\n  09:00 somebody reads case 1"),
        ("by phone", "by phone\n  09:00 lea approves the list of cases"),
        ("by phone", "by phone\n  09:00 lea approves the list of cases 2"),
        ("by phone", "by phone\n  09:00 lea approves the list of cases 1, 1"),
        ("by phone", "by phone\n  09:00 lea approves the list of cases 1,"),
        ("by phone", "by phone\n  09:00 lea approves the list of case 1"),
        ("by phone", "by phone\n  09:00 lea reviews the list of cases"),
        ("by phone", "by phone\n  09:00 lea reviews case 2"),
        ("by phone", "by phone\n  09:00 lea doubts the list of cases 1"),
        ("by phone", "by phone\n  09:00 lea doubts"),
        ("  paul:", "  paul: reached by"),
        ("  paul:", "  paul: reached mail"),
        ("  paul:", "  paul: reached by Mail"),
        ("1 write", "1 write\n  case 1 ends by itself after"),
        ("1 write", "1 write\n  case 1 ends by itself"),
        ("1 write", "1 write\n  case 2 ends by itself after 60m"),
        ("gives totp", "gives totp, on the word of pia"),
        ("gives totp", "gives totp, on the word of"),
        ("1 write", "1 write\n  alert"),
        ("1 write", "1 write\n  alert no_such_alert"),
        ("1 write", "1 write\n  alert tries_exhausted for"),
        ("1 write", "1 write\n  alert tries_exhausted for case 2"),
        ("1 write", "1 write\n  alert tries_exhausted of case 1"),
        ("1 write", "1 write\n  no alerts"),
        ("1 write", "1 write\n  no alert for case 1"),
        ("1 write", "1 write\n  the timeline of case 2 shows opened"),
        ("1 write", "1 write\n  the timeline of case 1 shows"),
        ("1 write", "1 write\n  the timeline of case 1 shows opened,"),
        ("1 write", "1 write\n  the timeline of case 1 shows case_opened"),
        ("1 write", "1 write\n  the timeline of case 1 shows opened closed"),
        ("1 write", '1 write\n  the timeline of case 1 shows "opened"'),
        ("gives totp", "gives totpp"),
        ("gives totp", "gives caller_id"),
        ("gives totp", 'gives "totp"'),
        ("gives totp", 'gives "Caller"'),
        ("by phone", "by fone"),
        ("by phone", "by phone\n  09:00 ann opens 4 cases for others, by walkin"),
        ("by phone", "by phone\n  09:00 the holder of case 1 says it was not them, through telepathy"),
        ("by phone", "by phone -> fail"),
        ("by phone", "by phone -> fails: it"),
        ("by phone", "by phone\n  09:00 the ledger takes nothing"),
        ("by phone", "by phone\n  09:00 somebody puts the ledger back to before case 2"),
        ("by phone", "by phone\n  09:00 somebody puts the ledger back"),
        ("  paul:", "  paul: employment laever"),
        ("  paul:", "  paul: employment"),
        ("  paul:", "  paul: reached by mail unchanged"),
        ("  paul:", "  paul: reached by mail unchanged for 29"),
        ("1 write", "1 write\n  the ledger is not"),
        ("1 write", "1 write\n  the password of case 2 stands nowhere"),
        ("1 write", "1 write\n  the password of case 1 stands"),
        ("1 write", "1 write\n  the ledger is sound"),
    ]
    harmless = [
        ("by phone", 'by "the phone; at \\ night"'),
        ("ann: agent,", "max: voucher, team people\n  ann: agent, voucher,"),
        ("  paul:", "  paul: disguised, manager lea, locked"),
        ("by phone", 'by phone\n  09:00 ann opens 4999 cases for others\n  09:00 ann opens "01" cases for others'),
        ("by phone", "by phone\n  09:00 lea approves the list of cases 1"),
        ("by phone", "by phone\n  09:00 lea reviews the list of cases 1"),
        ("by phone", "by phone\n  09:00 lea reviews case 1\n  09:00 lea doubts case 1"),
        ("  paul:", "  paul: reached by mail, locked, reached by mail"),
        ("1 write", "1 write\n  case 1 ends by itself after 60m"),
        ("by phone", "by phone\n  09:00 lea approves case 1, on another page"),
        ("by phone", "by phone\n  09:00 lea approves case 1, by touch alone"),
        ("by phone", "by phone\n  09:00 ann hears from the holder of case 1 that it was not them, through \"a call\""),
        ("by phone", "by phone\n  09:00 the holder of case 1 says it was not them, through notice"),
        ("by phone", "by phone\n  09:00 ann proposes policy ../rp-1.yaml\n  09:00 lea agrees to the proposal"),
        ("by phone", "by phone\n  09:00 the account paul becomes leaver\n  09:00 the account paul gets group \"a b\""),
        ("by phone", "by phone\n  09:00 the gateway's clock is set back by 3649d"),
        ("by phone", "by phone\n  09:00 the gateway's clock is set on by 1000000000ms"),
        ("by phone", "by phone\n  09:00 somebody writes an approval by lea into case 1"),
        ("by phone", "by phone\n  09:00 somebody cuts the approvals out of case 1"),
        ("gives totp", "gives totp, on the word of lea"),
        ("1 write", "1 write\n  the ledger is not sound"),
        ("1 write", "1 write\n  alert tries_exhausted\n  alert clock_jump for case 1\n  no alert"),
        ("1 write", "1 write\n  the timeline of case 1 shows opened, joined , closed"),
        ("1 write", "1 write\n  the timeline of case 1 shows refusal"),
        ("1 write", "4294967295 writes"),
        ("  paul:", '  paul: group "Domain Admins", employment contractor, locked'),
        ("  paul:", '  paul: employment "on loan", reached by mail unchanged for 29d, reached by push'),
        ("gives totp", 'gives "caller_id" -> refused: signal_not_in_policy'),
        ("by phone", "by walk_in"),
        ("1 write", "1 write\n  the password of case 1 stands nowhere"),
        ("by phone", 'by phone\n  09:00 the holder of case 1 says it was not them, through "the cousin"'),
        ("by phone", "by phone -> fails"),
        ("by phone", "by phone\n  09:00 the ledger takes nothing any more"),
        ("by phone", "by phone\n  09:00 somebody puts the ledger back to before case 1"),
        ("09:01", "day 1 09:01:30"),
        ("09:36", "day 1000 09:36"),
        ("gives totp", "gives totp, bound 90s before, unchanged for 1h, with data 0d old"),
        ("1 write", "0001 writes"),
        ("ends:\n", "ends:   \r\n   # a comment\r\n"),
        ("story: The first", 'story: "The" first, : ->'),
    ]
    wrong = []
    for number, (old, new) in enumerate(changes + harmless):
        assert old in good, old
        both = both_read(tmp_path, number, good.replace(old, new, 1))
        if (
            both != ("refused", "refused")
            and number < len(changes)
            or both != ("read", "read")
            and number >= len(changes)
        ):
            wrong.append((old, new, both))
    assert not wrong


def mutant(chance, text, words):
    lines = text.split("\n")
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(lines))
        some = lines[at].split(" ")
        place = chance.randrange(len(some))
        kind = chance.randrange(7)
        if kind == 0:
            some[place] = chance.choice(words)
        elif kind == 1:
            del some[place]
        elif kind == 2:
            some.insert(place, chance.choice(words))
        elif kind == 3:
            some.append(chance.choice((",", ", bound 3d before", "-> refused: role_missing", "->", '"', '""', "# so")))
        elif kind == 4:
            letters = list(lines[at])
            letters.insert(chance.randrange(len(letters) + 1), chance.choice(' :,;"#->.0aZ\té\x01\r'))
            some = "".join(letters).split(" ")
        elif kind == 5:
            lines.insert(at, chance.choice(lines))
            continue
        elif len(lines) > 1:
            del lines[at]
            continue
        lines[at] = " ".join(some)
    return "\n".join(lines)


def test_both_readers_refuse_the_same_mutants(programs, tmp_path):
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    texts = [file.read_text() for file in sorted(STORIES.glob("*/*.scn"))]
    words = sorted({word for text in texts for word in text.split()})
    read, wrong = 0, []
    for number in range(MUTANTS):
        text = mutant(chance, chance.choice(texts), words)
        ours, theirs = both_read(tmp_path, number, text)
        read += ours == "read"
        if ours != theirs:
            wrong.append(f"page: {ours}, programs: {theirs}, seed {seed}, number {number}\n{text}")
    assert not wrong, "\n\n".join(wrong[:3])
    assert MUTANTS / 20 < read < MUTANTS * 19 / 20  # both kinds were among them
