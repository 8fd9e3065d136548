"""Cases under kill -9: workers that take no answer for granted, a killer, and the reckoning afterwards."""

import random
import threading
import time

from .client import Unreachable
from .site import Case, eventually, new_password
from .watcher import Watcher

STEP_FORGIVES = (502, 503, 504)  # the executor or a queue is away for a moment


class Away(Exception):
    """No answer that says anything: read the case again."""


def ask(call, *arguments):
    """A command's answer, or Away when it is not known what came of it."""
    try:
        answer = call(*arguments)
    except Unreachable as error:
        raise Away(str(error)) from error
    if answer.status in STEP_FORGIVES:
        raise Away(repr(answer))
    return answer


def read(call, path, within=90):
    """Reads are repeated until they are answered."""
    end = time.monotonic() + within
    while True:
        try:
            answer = ask(call, path)
            assert answer.status == 200, answer
            return answer.json
        except Away:
            assert time.monotonic() < end, f"{path} is not answered"
            time.sleep(0.02)


class Attempt:
    """One case as its people play it while the site keeps dying."""

    opened_by = "tom"

    def __init__(self, site, login, action, aimed, watcher):
        self.site, self.login, self.action, self.aimed, self.watcher = site, login, action, aimed, watcher
        self.passwords = []  # what may have been sealed; only one can come to be
        self.case = None
        self.result = None

    def run(self):
        if not self.open():
            return
        end = time.monotonic() + 120
        while True:
            state = read(self.case.agent.get, f"/v1/cases/{self.case.id}")
            if state["phase"] == "closed":
                self.result = state["result"]
                self.watcher.told("case_closed", self.case.id)
                return
            assert time.monotonic() < end, f"{self.case.id} does not go on: {state}"
            try:
                if not self.step(state["phase"]):
                    self.cancel()
            except Away:
                time.sleep(0.02)

    def open(self):
        agent = self.site.staff[self.opened_by]
        body = {"account": self.login, "action": self.action, "channel": "phone", "ticket": "T-1", "reason": "storm"}
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                answer = ask(agent.post, "/v1/cases", body)
                assert answer.status == 201, answer
                self.case = Case(self.site, self.login, answer.json)
                self.watcher.told("case_opened", self.case.id)
                return True
            except Away:  # a case that was opened unheard of has lost its join code, and stays behind
                time.sleep(0.05)
        raise AssertionError("no case could be opened")

    def step(self, phase):
        """One move. False: this case cannot be saved (its join code or its tries are lost)."""
        case = self.case
        if case.claimant is None:
            answer = ask(self.site.nobody().post, "/claimant/v1/join", {"code": case.join_code})
            if answer.status != 201:
                assert answer.code in ("already_joined", "join_code_wrong"), answer
                return False
            self.watcher.told("claimant_joined", case.id)
            case.claimant = self.site.nobody().as_(answer["token"])
        elif phase == "verifying":
            return self.give_signal()
        elif phase == "approving":
            view = read(case.claimant.get, "/claimant/v1/case")
            if view["needs_password"]:
                self.seal()
            elif view["phase"] == "approving":
                self.approve()
        else:  # permitted, executing, unknown: the site's move
            time.sleep(0.05)
        return True

    def give_signal(self):
        claimant, mail, address = self.case.claimant, self.site.mail, self.site.directory.mail[self.login]
        before = mail.count(address)
        asked = ask(claimant.post, "/claimant/v1/signals/mail_code/request")
        if asked.status != 202:
            return asked.code != "signal_tries_exhausted"
        self.watcher.told("signal_requested", self.case.id)
        code = mail.code(address, before, within=2)
        if code is None:
            return True
        if self.action == "unlock":
            self.aimed.set()  # the signal is all that an unlock misses
        given = ask(claimant.post, "/claimant/v1/signals/mail_code", {"code": code})
        if given.status == 200:
            self.watcher.told("evidence_recorded", self.case.id)
        return given.code != "signal_tries_exhausted"

    def seal(self):
        password = new_password()
        self.passwords.append(password)
        try:
            sealed = self.case.sealed(password)
        except (Unreachable, AssertionError) as error:
            raise Away(str(error)) from error
        if ask(self.case.claimant.post, "/claimant/v1/sealed-secret", sealed).status == 202:
            self.watcher.told("secret_sealed", self.case.id)

    def approve(self):
        try:
            body = self.site.approve_body(self.case.id)
        except (Unreachable, AssertionError) as error:
            raise Away(str(error)) from error
        self.aimed.set()
        if ask(self.site.staff["ada"].post, f"/v1/cases/{self.case.id}/approvals", body).status == 200:
            self.watcher.told("approval_recorded", self.case.id)

    def cancel(self):
        cancelled = ask(self.case.agent.post, f"/v1/cases/{self.case.id}/cancel", {"detail": "its code is lost"})
        if cancelled.status == 200:
            self.watcher.told("case_closed", self.case.id)


class Storm:
    """Cases, while `kills` times one of the two processes, or both, are killed. After each the watcher looks."""

    audit_every = 100  # kills

    def __init__(self, site, logins, seed, kills):
        self.site, self.random, self.kills, self.watcher = site, random.Random(seed), kills, Watcher(site)
        self.logins, self.attempts, self.errors = logins, [], []
        self.aimed, self.over = threading.Event(), threading.Event()

    def worker(self, logins, seed):
        chance = random.Random(seed)
        try:
            while not self.over.is_set() and not self.errors:
                action = "unlock" if chance.random() < 0.2 else "password_reset"
                attempt = Attempt(self.site, chance.choice(logins), action, self.aimed, self.watcher)
                self.attempts.append(attempt)
                attempt.run()
        except BaseException as error:
            self.errors.append(error)

    def wait_for_a_moment(self):
        """Half of the kills wait until an execution is likely, a tenth strikes a process that is just starting."""
        chance = self.random.random()
        if chance < 0.5:
            self.aimed.clear()
            self.aimed.wait(0.5)
            time.sleep(self.random.uniform(0, 0.08))
        elif chance < 0.6:
            time.sleep(self.random.uniform(0, 0.03))
        else:
            time.sleep(self.random.uniform(0.02, 0.35))

    def kill_on(self):
        both = [self.site.daemon, self.site.executor]
        for number in range(1, self.kills + 1):
            self.wait_for_a_moment()
            victims = self.random.choice([both[:1], both[:1], both[1:], both[1:], both])
            for process in both:
                assert not process.ended_by_itself(), f"{process.words[0]} ended: {process.logged()[-2000:]}"
            for process in victims:
                process.kill()
            for process in victims:
                process.start()
            self.watcher.look()
            if number % self.audit_every == 0:
                self.audit()
            if self.errors:
                return

    def audit(self):
        self.site.wait_healthy()
        report = self.site.verify(self.site.export())
        assert report["sound"], report["findings"]
        return report

    def run(self, workers=3):
        threads = [
            threading.Thread(target=self.worker, args=(self.logins[n::workers], self.random.random()))
            for n in range(workers)
        ]
        for thread in threads:
            thread.start()
        try:
            self.kill_on()
        finally:
            self.over.set()
            for thread in threads:
                thread.join(300)
        if self.errors:
            raise self.errors[0]
        self.settle()

    def settle(self):
        """The site is left alone: what can end, ends; what was abandoned is cancelled."""
        self.site.start()
        root = self.site.root

        def all_closed():
            open_cases = read(root.get, "/v1/cases?state=open")["cases"]
            for case in open_cases:
                if case["phase"] in ("verifying", "approving"):
                    answer = root.post(f"/v1/cases/{case['case']}/cancel", {"detail": "abandoned in the storm"})
                    assert answer.status in (200, 409), answer
            return not open_cases

        eventually(all_closed, "every case ends", within=120, every=0.2)


class Reckoning:
    """What the ledger says was done to whom."""

    def __init__(self, site):
        self.cases, self.intents, self.outcomes, self.results = {}, {}, {}, {}
        for entry in site.entries():
            body, kind = entry["body"], entry["kind"]
            case = entry["stream"].removeprefix("case/")
            if kind == "case_opened":
                self.cases[case] = body
            elif kind == "intent_recorded":
                assert body["execution"] not in self.intents, f"{body['execution']} was intended twice"
                self.intents[body["execution"]] = (case, body)
            elif kind == "outcome_recorded":
                self.outcomes.setdefault(body["execution"], []).append(body)
            elif kind == "case_closed":
                self.results[case] = body["result"]

    def final(self, execution):
        return self.outcomes[execution][-1]["outcome"]

    def of_account(self, account):
        """The account's executions in the order of the ledger: (execution, case, intent, outcome)."""
        return [
            (execution, case, intent, self.final(execution))
            for execution, (case, intent) in self.intents.items()
            if intent["account"] == account
        ]
