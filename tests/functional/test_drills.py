"""`sallyport drill run` on the policies that come with Sallyport: exit codes, JSON, and a page that fetches nothing."""

import html.parser
import json
import pathlib
import re
import subprocess

import pytest

from framework.site import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICIES = ROOT / "examples" / "policies"
SHIPPED = ["small-company", "regulated-enterprise", "managed-service-provider"]


def drill(policy, *more):
    command = [BIN / "sallyport", "drill", "run", "--policy", policy, *more]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout, ran.stderr


def people_of(name):
    return "--organization", POLICIES / f"{name}.organization.yaml"


class Page(html.parser.HTMLParser):
    """Whether tags are balanced, and which attributes there are."""

    VOID = {"meta", "br", "rect", "wbr"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.attributes = [], set(), []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_policies_stop_every_attack_on_recovery_and_restore_everybody(programs, name):
    status, out, error = drill(POLICIES / f"{name}.yaml", *people_of(name), "--json")
    assert status == 0, out + error
    document = json.loads(out)
    assert set(document) == {
        "assumed", "attacks", "edits_tried", "file", "notes", "organization", "passed", "policy", "recoveries",
        "summary",
    }
    assert document["passed"] and not document["assumed"] and document["organization"] == name
    assert re.fullmatch("[0-9a-f]{64}", document["policy"])
    summary = document["summary"]
    assert summary["got_in"] == 0 and summary["refused"] == 0
    attacks, recoveries = document["attacks"], document["recoveries"]
    assert len(attacks) >= 19 and len(recoveries) == 17
    assert summary["stopped"] + summary["front_door"] + summary["attacks_that_do_not_apply"] == len(attacks)
    assert summary["restored"] + summary["recoveries_that_do_not_apply"] == len(recoveries)
    for attack in attacks:
        assert attack["source"].startswith("https://") and attack["name"] and attack["pretext"]
        for account in attack["accounts"]:
            assert account["outcome"] in ("stopped", "front_door") and account["story"] is None
            if account["outcome"] == "stopped":
                assert account["closest"] and account["missing"] and account["lines"] and account["short_by"] > 0
    for recovery in recoveries:
        for account in recovery["accounts"]:
            if account["outcome"] == "restored":
                assert account["steps"] and account["signals"] and account["minutes"] > 0
            else:
                assert account["why"]


def test_a_weakened_policy_is_told_who_got_in_and_the_line_that_stops_them(programs, tmp_path):
    text = (POLICIES / "small-company.yaml").read_text()
    weak = tmp_path / "weak.yaml"
    for action in ("password_reset: standard", "mfa_reset: guarded"):
        text = text.replace(action, action.split()[0] + " light")
    weak.write_text(text)
    status, out, error = drill(weak, *people_of("small-company"), "--json")
    assert status == 1, out + error
    words = drill(weak, *people_of("small-company"))[1]
    assert "GOT IN     Electronic Arts" in words and "One line stops it" in words
    document = json.loads(out)
    taken = [(a["id"], c) for a in document["attacks"] for c in a["accounts"] if c["outcome"] == "got_in"]
    assert {i for i, _ in taken} >= {"caesars", "clorox", "coinbase", "ea", "sim-swap", "uber"}
    _, account = next((i, c) for i, c in taken if i == "ea" and c["account"] == "staff")
    assert [c["atom"] for c in account["story"]["takes"]] == ["mailbox@staff"]
    edit = account["one_line"]
    assert edit["shuts_out"] == []
    lines = weak.read_text().split("\n")
    assert lines[edit["line"] - 1] == edit["before"]
    lines[edit["line"] - 1] = edit["after"]
    weak.write_text("\n".join(lines))
    mended = json.loads(drill(weak, *people_of("small-company"), "--json")[1])
    again = next(a for a in mended["attacks"] if a["id"] == "ea")
    assert {c["account"]: c["outcome"] for c in again["accounts"]}["staff"] == "stopped"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_in_the_documents_is_the_one_that_is_written(programs, tmp_path, name):
    page = tmp_path / "drill.html"
    assert drill(POLICIES / f"{name}.yaml", *people_of(name), "--html", page)[0] == 0
    date = re.compile(r"\b20\d\d-\d\d-\d\d\b")  # of the day on which it was written
    kept = (POLICIES.parents[1] / "docs/drills" / f"{name}.html").read_text()
    write_anew = f"write it anew: drill run --html docs/drills/{name}.html"
    assert date.sub("", page.read_text()) == date.sub("", kept), write_anew


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_stands_alone(programs, tmp_path, name):
    page = tmp_path / "drill.html"
    status, out, error = drill(POLICIES / f"{name}.yaml", *people_of(name), "--html", page)
    assert status == 0, out + error
    text = page.read_text()
    seen = Page(text)
    assert not seen.seen & {"script", "link", "img", "iframe", "object", "embed", "base"}
    assert not {k for k, _ in seen.attributes} & {"src", "srcset", "style", "onload", "xlink:href"}
    links = [value for key, value in seen.attributes if key == "href"]  # sources, for who clicks on one
    assert links and all(link.startswith("https://") for link in links)
    assert "url(" not in text and "@import" not in text and "@media print" in text
    assert ("lang", "en") in seen.attributes and {"h1", "h2", "caption", "svg", "th"} <= seen.seen
    assert text.count("<svg") == text.count('role="img" aria-label="')
    assert name in text and "MGM Resorts, September 2023" in text


def test_the_page_holds_what_a_file_says_as_text(programs, tmp_path):
    policy = tmp_path / "p.yaml"
    text = (POLICIES / "small-company.yaml").read_text()
    policy.write_text(text.replace("policy: small-company", 'policy: "<script>alert(1)</script>"'))
    page = tmp_path / "drill.html"
    assert drill(policy, *people_of("small-company"), "--html", page)[0] == 0
    assert "<script" not in page.read_text() and "&lt;script&gt;" in page.read_text()


def test_without_an_organization_one_is_assumed_and_said(programs):
    status, out, _ = drill(POLICIES / "small-company.yaml", "--json")
    assert status in (0, 1) and json.loads(out)["assumed"]
    assert "one was assumed" in drill(POLICIES / "small-company.yaml")[1]


def test_without_an_organization_leavers_are_nobody_honest(programs):
    out = drill(POLICIES / "managed-service-provider.yaml")[1]
    assert out.splitlines()[-1].endswith("15 honest cases restored, 0 refused, 2 do not apply")


def test_a_hundred_thousand_accounts_are_a_page_of_kinds(programs, tmp_path):
    people = tmp_path / "people.yaml"
    text = (POLICIES / "small-company.organization.yaml").read_text()
    people.write_text(re.sub(r"count: 250\b", "count: 100000", text))
    assert drill(POLICIES / "small-company.yaml", "--organization", people)[0] == 0


def test_what_cannot_be_run_ends_with_two(programs, tmp_path):
    assert drill(tmp_path / "none.yaml")[0] == 2
    broken = tmp_path / "broken.yaml"
    broken.write_text("policy: x\n")
    assert drill(broken)[0] == 2
    assert drill(POLICIES / "small-company.yaml", "--org", broken)[0] == 2
    assert drill(POLICIES / "small-company.yaml", "--html", tmp_path / "no" / "folder.html")[0] == 2


def test_help_says_what_the_answers_mean(programs):
    out = subprocess.run([BIN / "sallyport", "drill", "run", "--help"], capture_output=True, text=True).stdout
    assert "docs/drills.md" in out and "Exit code 0" in out and "front door" in out


def test_without_a_policy_the_one_in_force_at_the_site_is_drilled(embedded_site, tmp_path):
    site = embedded_site
    key = tmp_path / "root.key"
    key.touch(0o600)
    key.write_text(site.passkeys["root"].key_file())
    home = "drills"
    unsigned = site.command("drill", "run", home=home)
    assert unsigned.returncode == 2 and "no --policy is given" in unsigned.stderr, unsigned.stderr
    assert "give --policy FILE, or ask the site: " in unsigned.stderr and "sallyport sign-in" in unsigned.stderr
    assert site.command("sign-in", "--staff", "root", "--key", key, home=home).returncode == 0
    asked = site.command("--json", "drill", "run", home=home)
    in_force = site.command("--json", "policy", "show", home=home)
    policy = tmp_path / "in-force.yaml"
    policy.write_text(json.loads(in_force.stdout)["text"])
    status, out, error = drill(policy, "--json")
    assert asked.returncode == status, asked.stderr + error
    document = json.loads(asked.stdout)
    assert document["file"] is None and document["policy"] == json.loads(in_force.stdout)["digest"]
    assert document == json.loads(out) | {"file": None}


def test_without_a_policy_and_without_a_site_it_is_said_what_to_give(programs, tmp_path):
    people = POLICIES / "small-company.organization.yaml"
    command = [BIN / "sallyport", "--home", tmp_path, "drill", "run", "--org", people]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"HOME": str(tmp_path)})
    assert ran.returncode == 2 and ran.stdout == ""
    assert "no --policy is given, and the one in force cannot be asked for: no server is named" in ran.stderr
    assert "give --policy FILE, or ask the site: add --server" in ran.stderr
