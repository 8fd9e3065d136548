"""kill -9 of either process, or both, at random moments: nothing is done twice, nothing is lost, nothing is left open.

    SALLYPORT_SEED=7 /usr/bin/python3 -m pytest tests/functional/test_kill.py -s [--kill-points 10000]

After each kill what was acknowledged has to stand in the ledger, and the directory's own log of its writes has to fit
to the ledger's intents (framework/watcher.py); after each hundredth, sallyport-audit looks at all of it.
The seed decides who is killed and when; the machine's own timing it cannot repeat.
"""

import os
import secrets
import time

import pytest

from framework.directories import Embedded
from framework.site import QUICK_POLICY, Site
from framework.storm import Reckoning, Storm

SEED = int(os.environ.get("SALLYPORT_SEED", secrets.randbelow(1_000_000)))
SHARE = {"embedded": 0.2, "slapd": 0.8}  # of the kills
LOGINS = {
    "embedded": [f"person{n}" for n in range(12)],
    "slapd": ["zoe.crane", "kit.penrose", "ines.marlow", "dana.reed", "selma.oake", "priya.nath"],
}


@pytest.fixture(params=list(SHARE))
def stormy(request, programs, tmp_path):
    kind = request.param
    directory = Embedded(tmp_path, LOGINS[kind]) if kind == "embedded" else request.getfixturevalue("slapd")
    site = Site(tmp_path, directory, QUICK_POLICY)
    yield kind, site
    site.stop()


def check_account(site, storm, reckoning, login):
    """At most one effect for each case, and the ledger knows exactly which."""
    directory = site.directory
    attempts = {a.case.id: a for a in storm.attempts if a.case and a.login == login}
    if not attempts:
        return 0
    account = next(c["account"]["account"] for id, c in reckoning.cases.items() if id in attempts)
    executions = reckoning.of_account(account)
    done = [(case, intent) for _, case, intent, outcome in executions if outcome == "done"]
    assert len({case for case, _ in done}) == len(done), f"{login}: a case acted twice"
    resets = [case for case, intent in done if intent["action"] == "password_reset"]
    assert directory.effects(login) == len(resets), f"{login}: the directory and the ledger do not agree"

    # The markers form one chain: each intent starts where the last execution left the account.
    marker = ""
    for number, (execution, _, intent, outcome) in enumerate(executions, 1):
        assert intent["fence_token"] == number, f"{login}: {execution}"
        assert intent["marker_from"] == marker, f"{login}: {execution}"
        if outcome == "done":
            marker = intent["marker_to"]
        elif reckoning.outcomes[execution][-1]["reconciled"]:
            marker = f"f{number}:{execution}"
    assert directory.marker(login) == marker, login

    # Exactly the password of the last reset that was done opens the door.
    opens = resets[-1:]
    # slapd locks an account after three wrong passwords, so there only the right ones are tried.
    tried = attempts if isinstance(directory, Embedded) else opens
    works = [id for id in tried if any(directory.lets_in(login, p) for p in reversed(attempts[id].passwords))]
    assert works == opens, f"{login}: {works} open the door, not {opens}"
    first = directory.passwords[login]
    assert directory.lets_in(login, first) == (not resets), login
    return len(done)


def test_nothing_is_done_twice_and_nothing_is_lost(stormy, request):
    kind, site = stormy
    kills = round(request.config.getoption("--kill-points") * SHARE[kind])
    print(f"\nSALLYPORT_SEED={SEED}")
    began = time.monotonic()
    storm = Storm(site, LOGINS[kind], SEED, kills)
    storm.run()
    assert storm.watcher.looks == kills and site.daemon.kills + site.executor.kills >= kills

    reckoning = Reckoning(site)
    unanswered = [e for e in reckoning.intents if e not in reckoning.outcomes or reckoning.final(e) == "unknown"]
    assert not unanswered, f"seed {SEED}: {unanswered}"
    assert set(reckoning.results) == set(reckoning.cases), f"seed {SEED}: cases that never ended"
    for attempt in storm.attempts:
        if attempt.result == "done":  # what people were told is what the ledger says
            assert reckoning.results[attempt.case.id] == "done"
    done = sum(check_account(site, storm, reckoning, login) for login in LOGINS[kind])
    assert done == sum(result == "done" for result in reckoning.results.values())
    assert done > 0

    report = site.verify(site.export())
    assert report["sound"], (SEED, report["findings"])
    assert report["executed"] == done
    assert storm.watcher.settled() == done, f"seed {SEED}"
    reconciled = sum(o[-1]["reconciled"] for o in reckoning.outcomes.values())
    print(
        f"{kind}: {kills} kills in {time.monotonic() - began:.0f} s, {sum(storm.watcher.promised.values())} answers, "
        f"{len(reckoning.cases)} cases, {done} done, "
        f"{len(reckoning.intents)} intents, {reconciled} reconciled, {report['entries']} entries"
    )
