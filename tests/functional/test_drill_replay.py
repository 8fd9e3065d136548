"""Past cases decided again under a draft: from the server and from a file, and what is told of them.

    /usr/bin/python3 -m pytest tests/functional/test_drill_replay.py
"""

import json

import pytest

from framework.site import POLICY, new_password, totp


@pytest.fixture(scope="module")
def site(embedded_site):
    """One recovery that was permitted with an approval, one that an unlock is, one that lacked its approval."""
    site = embedded_site
    done = site.open("maya").join()
    done.prove(site.enrol("maya"))
    done.seal(new_password())
    done.approve()
    done.wait_closed()
    unlocked = site.open("quinn", action="unlock").join()
    unlocked.passes("totp", totp(site.enrol("quinn").seed))
    unlocked.wait_closed()
    waiting = site.open("noor").join()
    waiting.prove(site.enrol("noor"))
    waiting.seal(new_password())
    waiting.cancel()
    abandoned = site.open("noor").join()
    abandoned.cancel()
    site.cases = {"done": done.id, "unlocked": unlocked.id, "waiting": waiting.id, "abandoned": abandoned.id}
    site.file = site.export()  # signs rea in, too
    return site


def replay(site, draft, *words, status=1):
    file = site.base / "draft.yaml"
    file.write_text(draft)
    ran = site.command("--json", "drill", "replay", "--policy", file, *words)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return json.loads(ran.stdout) if status < 2 else ran.stderr


def changed(answer):
    return {change: number for change, number in answer["changes"].items() if number and change != "same"}


def test_under_the_policy_of_their_time_all_are_as_they_were(site):
    answer = replay(site, POLICY, status=0)
    assert answer["cases"] == answer["changes"]["same"] == 4 and answer["permitted"] == 2
    assert answer["earlier"] == 0 and answer["examples"] == []


def test_each_way_a_case_can_change_is_told_with_its_case(site):
    def one(draft, change, case):
        answer = replay(site, draft)
        assert changed(answer) == {change: 1}
        assert [(e["change"], e["case"]) for e in answer["examples"]] == [(change, site.cases[case])]
        return answer["examples"][0]["why"]

    reset = "standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}]"
    assert reset in POLICY
    two = POLICY.replace(reset, "standard: {signals: 2, approvers: [{at_least: 2, role: desk_lead}]")
    assert "1 approval" in one(two, "lacks", "done")
    third = POLICY.replace("{signals: 2,", "{signals: 3,")
    assert "3 independent signals, 2 given" in one(third, "lacks", "done")
    held = POLICY.replace(reset, reset + ", hold: {for: 7h}")
    assert one(held, "waits", "done") == "waits 7h longer"
    rule = "rules:\n  - {id: no, when: \"action == 'unlock'\", deny: \"no more of it\"}\nlimits:"
    assert "no more of it" in one(POLICY.replace("limits:", rule, 1), "refused", "unlocked")
    both = replay(site, POLICY.replace(reset, "standard: {signals: 2"))
    assert changed(both) == {"let_through": 1, "asks_less": 1}
    told = {e["change"]: e["case"] for e in both["examples"]}
    assert told == {"let_through": site.cases["waiting"], "asks_less": site.cases["done"]}


def test_more_that_it_had_is_told_as_more(site):
    draft = POLICY.replace("{signals: 2,", "{signals: 2, include: [recovery_code],")
    assert changed(replay(site, draft)) == {"asks_more": 1}


def test_a_file_answers_as_the_server_does(site):
    draft = POLICY.replace("{signals: 2,", "{signals: 3,")
    told = replay(site, draft, "--ledger", site.file, "--key", site.vkey)
    assert told == replay(site, draft) | {"entries": told["entries"]}


def test_earlier_cases_are_not_asked_about(site):
    answer = replay(site, POLICY, "--since", "0s", status=0)
    assert answer["cases"] == 0 and answer["earlier"] == 4


def test_what_cannot_be_run_says_why(site, tmp_path):
    assert "--key" in replay(site, POLICY, "--ledger", site.file, status=2)
    assert "is no length of time" in replay(site, POLICY, "--since", "long", status=2)
    assert "cannot read" in replay(site, POLICY, "--ledger", tmp_path / "none", "--key", site.vkey, status=2)
    bytes_of_it = bytearray(site.file.read_bytes())
    bytes_of_it[len(bytes_of_it) // 2] ^= 1
    (tmp_path / "bent").write_bytes(bytes_of_it)
    assert "not as it was signed" in replay(site, POLICY, "--ledger", tmp_path / "bent", "--key", site.vkey, status=2)
    assert "the policy lacks `tiers`" in replay(site, POLICY.replace("tiers:", "teirs:"), status=2)


def test_people_are_told_in_words(site):
    file = site.base / "words.yaml"
    file.write_text(POLICY.replace("{signals: 2,", "{signals: 3,"))
    ran = site.command("drill", "replay", "--policy", file)
    assert ran.returncode == 1
    assert "4 cases of the last 90d, 2 of them permitted" in ran.stdout
    assert "1  would have lacked something" in ran.stdout and site.cases["done"] in ran.stdout
