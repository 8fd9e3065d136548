"""Stories: all as told, each control of their policy needed, and a malformed one told by line and column."""

import concurrent.futures
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree

import pytest

from framework.site import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORIES = ROOT / "tests" / "stories"
GOLDEN = ROOT / "tests" / "vectors" / "timelines"  # a hold; two cases and a refusal; a no that came too late
# Nothing that runs or is fetched.
DRAWN_WITH = {"svg", "title", "style", "rect", "text", "tspan", "line", "circle", "path"}
spec = importlib.util.spec_from_file_location("controls", STORIES / "controls.py")
controls = importlib.util.module_from_spec(spec)
spec.loader.exec_module(controls)


def play(*words):
    ran = subprocess.run([BIN / "sallyport", *words], capture_output=True, text=True)
    return ran.returncode, ran.stdout, ran.stderr


def test_all_go_as_told(programs, tmp_path):
    drawn = tmp_path / "timelines"
    drawn.mkdir()
    folders = ("--diagrams", str(tmp_path), "--timelines", str(drawn))
    status, out, error = play("--json", "story", "play", *folders, *map(str, controls.STORIES))
    assert status == 0, out + error
    documents = json.loads(out)
    played = [d for d in documents if "pending" not in d]
    pending = [d for d in documents if "pending" in d]
    print(f"{len(played)} stories as told, {len(pending)} pending: {[d['pending'] for d in pending]}")
    assert len(played) >= 145 and len(pending) <= 13
    assert all(d["as_told"] for d in played)
    assert len(list(tmp_path.glob("*.mmd"))) == len(played)
    pictures = [xml.etree.ElementTree.parse(file).getroot() for file in drawn.glob("*.svg")]
    assert len(pictures) == len(played)
    assert {e.tag.rpartition("}")[2] for picture in pictures for e in picture.iter()} <= DRAWN_WITH
    known = list(GOLDEN.glob("*.svg"))
    assert len(known) == 3 and all((drawn / k.name).read_text() == k.read_text() for k in known)
    diagram = (tmp_path / "hold-not-over.mmd").read_text()
    assert diagram.startswith("sequenceDiagram\n") and "gateway--xexecutor: approvals_missing" in diagram


def test_whoever_acts_is_drawn_with_their_whole_name_on_their_day(programs, tmp_path):
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    story = tmp_path / "names.scn"
    text = GOOD.replace("  ann:", "  dan: agent, team help_desk\n  day: agent, team help_desk\n  gateway: agent, team "
                        "help_desk\n  end: agent, team help_desk\n  ann:").replace("a story", "a; <b>#1</b> %%{init}")
    more = "".join(f"  {at} {who} cancels case 1{end}\n" for at, who, end in [
        ("day 2  10:00", " dan", " -> refused: case_closed"), ("10:01", "day", " -> refused: case_closed"),
        ("10:02", "gateway", " -> refused: case_closed"), ("day 3 09:00", "end", " -> refused: case_closed")])
    story.write_text(text.replace("by phone\n", "by phone\n  09:01 ann cancels case 1\n" + more)
                     .replace("case 1 is verifying", "case 1 is cancelled"))
    status, out, error = play("story", "play", "--diagrams", str(tmp_path), str(story))
    assert status == 0, out + error
    assert (tmp_path / "names.mmd").read_text() == """sequenceDiagram
  participant gateway as the gateway
  participant p1 as ann
  p1->>gateway: 09:00 ann opens case 1 for paul: unlock, by phone
  p1->>gateway: 09:01 ann cancels case 1
  participant p2 as dan
  p2->>gateway: day 2 10:00 dan cancels case 1
  gateway--xp2: case_closed
  participant p3 as day
  p3->>gateway: day 2 10:01 day cancels case 1
  gateway--xp3: case_closed
  participant p4 as gateway
  p4->>gateway: day 2 10:02 gateway cancels case 1
  gateway--xp4: case_closed
  participant p5 as end
  p5->>gateway: day 3 09:00 end cancels case 1
  gateway--xp5: case_closed
  Note over gateway: a#59; #60;b#62;#35;1#60;/b#62; #37;#37;{init}, as told
"""


def test_each_control_is_needed_and_the_table_says_by_which_story(programs):
    """Every line of the policy has its rows in the table, and whatever is named in a row turns red by it."""
    rows = [row for row in controls.rows() if isinstance(row, controls.Row)]
    documented = controls.documented()
    assert [(row.line, row.change) for row in rows] == [row[:2] for row in documented]
    named = [stories for *_, stories in documented]
    files = {file.stem: file for file in controls.STORIES}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        reds = pool.map(
            controls.red_under, (row.policy for row in rows), ([files[name] for name in stories] for stories in named)
        )
    green = {f"{r.line}, {r.change}": set(names) - set(red) for r, names, red in zip(rows, named, reds, strict=True)}
    assert all(named) and not any(green.values()), {row: names for row, names in green.items() if names}


def test_a_line_that_is_added_to_the_policy_has_its_rows_or_is_an_error():
    policy = controls.yaml.safe_load(controls.RP_1.read_text())
    policy["rules"].append({"id": "new", "when": "account.admin && account.executive", "hold": {"for": "5h"}})
    added = [row for row in controls.Walk(policy).whole() if row.line.startswith("rules.new")]
    assert [(r.line, r.change) for r in added if isinstance(r, controls.Row)] == [
        ("rules.new", "left out"),
        ("rules.new.when", "without `account.admin`"),
        ("rules.new.when", "without `account.executive`"),
        ("rules.new.hold.for", "5h → 4h"),
    ]
    policy["limits"]["something_new"] = 3
    with pytest.raises(SystemExit, match="limits.something_new"):
        controls.Walk(policy).whole()


def test_the_stricter_policy_is_the_same_but_for_what_it_says():
    stricter = controls.yaml.safe_load((STORIES / "rp-1-stricter.yaml").read_text())
    rp_1 = controls.yaml.safe_load(controls.RP_1.read_text())
    rp_1["policy"], rp_1["limits"]["tries_per_signal"] = "rp-1-stricter", 4
    assert stricter == rp_1


def test_a_pending_attack_waits_for_what_would_stop_it(programs, tmp_path):
    """Played today, none goes as told: no story is green by what it does not tell."""
    for name in ("rp-1.yaml", "rp-1-stricter.yaml", "rp-1-weaker.yaml"):
        (tmp_path / name).write_text((STORIES / name).read_text())
    (tmp_path / "attacks").mkdir()
    pending = []
    for file in STORIES.glob("attacks/*.scn"):
        text = file.read_text()
        if re.search("^pending:", text, re.MULTILINE):
            pending.append(tmp_path / "attacks" / file.name)
            pending[-1].write_text(re.sub("^pending: .*\n", "", text, flags=re.MULTILINE))
    status, out, error = play("--json", "story", "play", *map(str, pending))
    assert status == 1, out + error
    assert [d["file"] for d in json.loads(out) if d["as_told"]] == []


GOOD = """story: a story
source: nowhere
policy: rp-1.yaml

people:
  ann: agent, team help_desk

accounts:
  paul:

timeline:
  09:00 ann opens case 1 for paul: unlock, by phone

ends:
  case 1 is verifying
"""


@pytest.mark.parametrize(
    "old,new,place,what",
    [
        ("  09:00 ann opens", "  9:00 ann opens", "12:3", "is no time of day"),
        ("ann opens case 1", "anne opens case 1", "12:9", "did you mean `ann`"),
        ("opens case 1 for paul", "opens case 1 for paula", "12:30", "did you mean `paul`"),
        (": unlock,", ": unlok,", "12:36", "did you mean `unlock`"),
        ("by phone", "by phone -> refused: case_closd", "12:65", "did you mean `case_closed`"),
        ("by phone", 'by "phone', "12:47", "a quote that is not closed"),
        ("case 1 is verifying", "case 2 is verifying", "15:8", "case 2 was not opened before"),
        ("case 1 is verifying", "case 1 is verifing", "15:13", "did you mean `verifying`"),
        ("  paul:", "  paul: grup Finance", "9:9", "did you mean `group`"),
        (", team help_desk", "", "6:13", "the person has no team"),
        ("timeline:", "timelin:", "11:1", "did you mean `timeline`"),
        ("source: nowhere\n", "", "14:1", "the story has no source"),
        ("  paul:", "  paul:\n  paul:", "10:3", "is there already"),
        ("  09:00 ann", "\t09:00 ann", "12:1", "a tab"),
        ("case 1 is verifying", "alert tries_exausted", "15:9", "did you mean `tries_exhausted`"),
        ("case 1 is verifying", "alert tries_exhausted for 1", "15:29", "a case should be named here"),
        ("case 1 is verifying", "the timeline of case 1 shows opend", "15:32", "did you mean `opened`"),
        ("case 1 is verifying", "the timeline of case 1 is", "15:26", "what does it show?"),
        ("by phone", "by phonee", "12:47", "did you mean `phone`"),
        ("by phone", "by phone\n  09:01 the claimant of case 1 gives totpp", "13:38", "did you mean `totp`"),
        (
            "by phone",
            'by phone\n  09:01 the claimant of case 1 gives "totp" -> refused: signal_not_in_policy',
            "13:38",
            "leave out the quotes",
        ),
        ("  paul:", "  paul: employment leavr", "9:20", "did you mean `leaver`"),
        # What the policy of the story does not know.
        ("  paul:", "  paul: group Priviledged", "9:15", "did you mean `Privileged`"),
        ("  paul:", "  paul: group Finance", "9:15", "one of: Domain Admins, Privileged, Shared"),
        ("  paul:", "  paul: reached by maill", "9:20", "did you mean `mail`"),
        ("ann: agent,", "ann: agent, approver, seat aprover,", "6:30", "did you mean `approver`"),
        ("team help_desk", "team helpdesk", "6:20", "did you mean `help_desk`"),
        ("team help_desk", "team help_desk, organization hom", "6:44", "did you mean `home`"),
        ("by phone", "by phone\n  09:01 the account paul gets group shared", "13:37", "did you mean `Shared`"),
    ],
)
def test_a_malformed_story_is_told_by_line_and_column(programs, tmp_path, old, new, place, what):
    assert old in GOOD
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    story = tmp_path / "bad.scn"
    story.write_text(GOOD.replace(old, new, 1))
    status, out, error = play("story", "play", str(story))
    assert status == 2
    assert f"bad.scn:{place}: " in out + error and what in out + error, out + error


@pytest.mark.parametrize(
    "policy,what",
    [
        (None, "No such file or directory"),
        ("policy: x\n", "rp-1.yaml"),
        ("""policy: x
language: 1
signals: {totp: {rests_on: [handset]}}
tiers: {light: {signals: 1}}
classes: [{name: staff}]
actions: {unlock: light}
""", "the policy has no `guarantees`"),
    ],
)
def test_a_story_whose_policy_cannot_be_used_is_told_by_the_line_that_names_it(programs, tmp_path, policy, what):
    if policy is not None:
        (tmp_path / "rp-1.yaml").write_text(policy)
    story = tmp_path / "bad.scn"
    story.write_text(GOOD)
    (tmp_path / "again.scn").write_text(GOOD)
    status, out, error = play("story", "play", str(story), str(tmp_path / "again.scn"))
    assert status == 2
    for name in ("bad", "again"):
        assert f"{name}.scn:3:9: the policy of the story cannot be used: " in out, out + error
    assert out.count("  3 | policy: rp-1.yaml") == 2 and "0 as told, 0 not, 0 pending, 2 malformed" in out
    assert out.count(what) >= 2, out
    if policy is None:
        assert out.count("name the file of a policy; its path begins where the story stands") == 2, out


def test_a_name_is_that_of_the_storys_own_policy_under_whichever_it_is_played(programs, tmp_path):
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    (tmp_path / "other.yaml").write_text((STORIES / "rp-1-weaker.yaml").read_text())
    story = tmp_path / "story.scn"
    story.write_text(GOOD.replace("  paul:", "  paul: group Shared").replace("unlock", "mfa_reset"))
    assert play("story", "play", str(story))[0] == 0
    rejected = play("story", "play", "--policy", str(tmp_path / "other.yaml"), str(story))
    assert rejected[0] == 2 and "is not proved" in rejected[2] and "Shared" not in rejected[1] + rejected[2]


def test_what_is_no_regular_file_is_refused_at_once(programs, tmp_path):
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    os.mkfifo(tmp_path / "pipe.scn")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "good.scn").write_text(GOOD)
    (tmp_path / "piped.scn").write_text(GOOD.replace("rp-1.yaml", "pipe.yaml"))
    files = [tmp_path / "pipe.scn", tmp_path / "piped.scn", tmp_path, tmp_path / "good.scn"]
    words = [BIN / "sallyport", "story", "play", *files]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2 and "pipe.scn`: it is no regular file" in ran.stderr, ran.stdout + ran.stderr
    assert "piped.scn:3:9: " in ran.stdout and "pipe.yaml`: it is no regular file" in ran.stdout, ran.stdout
    assert ran.stdout.splitlines()[-1] == "1 as told, 0 not, 0 pending, 3 malformed"


@pytest.mark.parametrize("option", ["--diagrams", "--timelines"])
def test_two_stories_of_one_name_are_not_drawn_over_each_other(programs, tmp_path, option):
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "story.scn").write_text(GOOD.replace("rp-1.yaml", "../rp-1.yaml"))
    both = [str(tmp_path / folder / "story.scn") for folder in ("one", "two")]
    status, out, error = play("story", "play", option, str(tmp_path), *both)
    assert status == 2 and both[0] in error and both[1] in error and "give one of them another name" in error, error
    assert out == "" and not list(tmp_path.glob("story.*"))
    assert play("story", "play", *both)[0] == 0
    assert play("story", "play", option, str(tmp_path), both[1])[0] == 0 and list(tmp_path.glob("story.*"))


def test_a_malformed_story_does_not_keep_the_others_from_being_played(programs, tmp_path):
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    files = [str(tmp_path / f"{name}.scn") for name in ("bad", "none", "good", "lie", "later")]
    texts = [GOOD.replace("unlock", "unlok"), None, GOOD, GOOD.replace("is verifying", "is done"),
             GOOD.replace("people:", "pending: needs a witness\n\npeople:")]
    for file, text in zip(files, texts, strict=True):
        if text is not None:
            pathlib.Path(file).write_text(text)
    status, out, error = play("story", "play", *files)
    assert status == 2
    assert "bad.scn:12:36: " in out and "none.scn" in error and "lie.scn:15: " in out, out + error
    assert out.splitlines()[-1] == "1 as told, 1 not, 1 pending, 2 malformed"
    status, out, error = play("--json", "story", "play", *files)
    assert status == 2
    documents = json.loads(out)
    assert [d["file"] for d in documents] == files
    assert documents[0]["malformed"][0]["line"] == 12 and documents[1]["malformed"] == []
    assert documents[2]["as_told"] and not documents[3]["as_told"] and documents[4]["pending"] == "needs a witness"
    assert play("story", "play", files[2], files[4])[1].splitlines()[-1] == "1 as told, 0 not, 1 pending"
    assert play("story", "play", "--policy", files[1], files[2])[0] == 2


def test_a_line_that_goes_otherwise_is_shown(programs, tmp_path):
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    story = tmp_path / "wrong.scn"
    story.write_text(GOOD.replace("case 1 is verifying", "case 1 is done"))
    status, out, _ = play("story", "play", str(story))
    assert status == 1
    assert "wrong.scn:15: case 1 is done" in out and "expected    done" in out and "happened    verifying" in out


# What the ledger shows is told otherwise than it is, and found out: story, as it stands, as it is told, happened.
@pytest.mark.parametrize(
    "name,told,happened",
    [
        ("guessing", "alert code_replayed for case 1", "alert tries_exhausted for case 1"),
        ("guessing", "no alert", "alert tries_exhausted for case 1"),
        ("guessing", "the timeline of case 1 shows evidence, opened", "opened, notice, "),
        ("a-wrong-code-first", "alert tries_exhausted", "no alert"),
        ("a-wrong-code-first", "the timeline of case 1 shows outcome, outcome, outcome", "opened, notice, "),
    ],
)
def test_what_the_ledger_does_not_show_is_found_out(programs, tmp_path, name, told, happened):
    file = next(STORIES.glob(f"*/{name}.scn"))
    story = tmp_path / "lie.scn"
    lines = file.read_text().replace("policy: ../rp-1.yaml", "policy: rp-1.yaml").splitlines()
    story.write_text("\n".join([line for line in lines if "alert" not in line] + [f"  {told}", ""]))
    (tmp_path / "rp-1.yaml").write_text((STORIES / "rp-1.yaml").read_text())
    status, out, _ = play("story", "play", str(story))
    assert status == 1, out
    assert told in out and f"happened    {happened}" in out, out
