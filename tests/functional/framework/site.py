"""A whole site: `sallyport init`, sallyportd and sallyport-exec on loopback, and its people."""

import datetime
import json
import os
import pathlib
import secrets
import socket
import sqlite3
import subprocess
import time

from . import hpke, passkey
from .client import Client, Unreachable
from .directories import ROOT
from .encoding import b64url, from_b64url
from .mail import MailSink
from .processes import Process
from .totp import totp

BIN = pathlib.Path(os.environ.get("SALLYPORT_BIN", ROOT / "build" / "bin")).resolve()
PATIENCE = 90  # seconds until something that must happen is taken for lost; machines may be slow

# As examples/policies/demo.yaml, but with room for hundreds of cases on one account.
POLICY = """policy: functional tests
language: 1
signals:
  totp:          {rests_on: [handset], fresh: 10m}
  mail_code:     {rests_on: [mailbox], fresh: 24h, kind: issued}
  recovery_code: {rests_on: [code_sheet]}
tiers:
  light:    {signals: 1}
  standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}]}
classes:
  - {name: workforce}
actions:
  unlock: light
  password_reset: standard
limits:
  cases_per_account_24h: 1000
  tries_per_signal: 5
  case_lifetime: 8h
  verified_for: 1h
front_door:
  workforce: [[password]]
guarantees:
  - recovery_not_weaker_than_sign_in: all
"""
# One signal that needs no enrolment: for tests that run hundreds of cases.
QUICK_POLICY = POLICY.replace("{signals: 2,", "{signals: 1,").replace("tries_per_signal: 5", "tries_per_signal: 10")

OPERATORS = ("una", "uwe")  # beside root: a policy takes two who did not propose it
STAFF = (  # id, team, roles, seats
    ("tom", "help_desk", ["agent"], []),
    ("tess", "help_desk", ["agent", "approver"], ["desk_lead"]),
    ("ada", "people", ["approver"], ["desk_lead"]),
    ("rea", "audit", ["reviewer"], []),
)


def eventually(check, what, within=PATIENCE, every=0.05):
    end = time.monotonic() + within
    while True:
        if got := check():
            return got
        assert time.monotonic() < end, f"{what}: not within {within} s"
        time.sleep(every)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def new_password():
    return "new " + secrets.token_urlsafe(15)


def sealed_with(offered, password, key=None, aad=None):
    """To the executor's key, as it was `offered` to the claimant."""
    enc, ciphertext = hpke.seal(
        key or from_b64url(offered["key"]),
        offered["info"].encode(),
        (aad or offered["aad"]).encode(),
        password.encode(),
    )
    return {"enc": b64url(enc), "ciphertext": b64url(ciphertext)}


class Drawer:
    """What an account holder keeps at home."""

    def __init__(self, enrolled):
        self.seed, self.codes = enrolled["totp"]["secret"], list(enrolled["recovery_codes"])


class Site:
    organization, operators = "alderfinch", OPERATORS
    chief = "root"  # whose changes they are, if nothing is said
    init_options = ()  # more of them
    sandbox = True  # whoever is shown another clock has to read it, from files that no configuration names

    def __init__(self, folder, directory, policy=POLICY, staff=STAFF):
        self.base, self.directory, self.mail = folder, directory, MailSink()
        self.folder = folder / "site"
        self.port = free_port()
        self.origin = f"https://localhost:{self.port}"
        self.transcript = []  # every answer that staff got
        self.passkeys, self.staff = {}, {}
        self.init()
        self.daemon = Process(
            self.words([BIN / "sallyportd", self.folder / "sallyportd.yaml"]), folder / "sallyportd.log"
        )
        self.executor = Process(
            self.words([BIN / "sallyport-exec", self.folder / "sallyport-exec.yaml"]), folder / "exec.log"
        )
        try:
            self.start()
            self.root = self.sign_in("root")
            for person in (*((name, "operators", ["operator"], []) for name in self.operators), *staff):
                self.appoint(*person)
            self.activate(policy)
        except BaseException:
            self.stop()
            raise

    # -- the world it stands in; sites of another time have others
    def words(self, words):
        """How a program is run."""
        return words

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc)

    def ends_at(self):
        """Of an appointment."""
        return self.now() + datetime.timedelta(days=30)

    # -- processes
    def make_passkey(self, name):
        key = self.passkeys[name] = passkey.Passkey(name, "localhost", self.origin)
        return key

    def init(self):
        root = self.make_passkey("root")
        registration = self.base / "root.registration.json"
        registration.write_text(json.dumps(root.registration()))
        subprocess.run(
            self.words(
                [
                    BIN / "sallyport",
                    "init",
                    self.folder,
                    "--environment",
                    "demo",
                    "--organization",
                    self.organization,
                    "--origin",
                    self.origin,
                    "--listen",
                    f"127.0.0.1:{self.port}",
                    "--smtp",
                    self.mail.url,
                    "--mail-from",
                    "recovery@sallyport.example",
                    "--root",
                    "root",
                    "--root-registration",
                    registration,
                    *self.init_options,
                    *self.directory.init_arguments(),
                ]
            ),
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
        if not self.sandbox:
            for name in ("sallyportd", "sallyport-exec"):
                with open(self.folder / f"{name}.yaml", "a") as configuration:
                    configuration.write("sandbox: none\n")
        self.ca = self.folder / "tls" / "ca.pem"
        self.vkey = (self.folder / "ledger.vkey").read_text().strip()
        self.genesis = (self.folder / "ledger.genesis").read_text().strip()
        if hasattr(self.directory, "file"):
            self.directory.file = next(
                p for p in self.folder.iterdir() if p.is_file() and p.read_bytes().startswith(b"sallyport frames")
            )

    def start(self):
        for process in (self.daemon, self.executor):
            if not process.running():
                process.start()
        self.wait_healthy()

    def healthy(self):
        for process in (self.daemon, self.executor):
            assert not process.ended_by_itself(), f"{process.words[0]} ended: {process.logged()[-2000:]}"
        try:
            return self.nobody().get("/healthz").status == 200
        except Unreachable:
            return False

    def wait_healthy(self):
        eventually(self.healthy, "the site answers")

    def stop_processes(self):
        self.daemon.stop()
        self.executor.stop()

    def stop(self):
        try:
            self.stop_processes()
        finally:
            self.mail.stop()

    # -- people
    def nobody(self):
        return Client(self.port, self.ca)

    def challenge(self, name):
        return self.nobody().post_ok("/v1/sign-in/challenge", {"staff": name})

    def sign_in(self, name):
        asked = self.challenge(name)
        assertion = self.passkeys[name].sign(passkey.SIGN_IN, asked["statement"])
        answer = self.nobody().post_ok(
            "/v1/sign-in", {"staff": name, "nonce": asked["nonce"], "assertion": assertion}, status=201
        )
        self.staff[name] = self.nobody().as_(answer["token"], self.transcript)
        return self.staff[name]

    def change(self, change, status=201, by=None):
        """Asks for a change. One that waits for other operators is approved by them."""
        by = by or self.chief
        answer = self.ask_for(change, status, by)
        if status == 201:
            self.approved(answer, by)
        return answer

    def request_change(self, change, by):
        """Asks for a change: the answer, whatever it is."""
        asked = self.staff[by].post("/v1/changes/statement", change)
        if asked.status != 200:
            return asked
        signed = dict(
            change, number=asked["number"], assertion=self.passkeys[by].sign(passkey.CHANGE, asked["statement"])
        )
        if "enrol" in change:
            signed["enrol"] = json.loads(asked["statement"])["enrol"]
        return self.staff[by].post("/v1/changes", signed)

    def ask_for(self, change, status=201, by="root"):
        answer = self.request_change(change, by)
        assert answer.status == status, answer
        return answer

    def approved(self, answer, by="root"):
        for operator in self.operators:
            if operator != by and self.is_open(answer["number"]):
                self.ask_for({"approve": answer["number"]}, by=operator)
        assert not self.is_open(answer["number"])

    def is_open(self, number):
        return number in [c["number"] for c in self.root.get_ok("/v1/changes")["changes"]]

    def activate(self, policy, organization=None, by=None):
        proposed = {"policy": policy} if organization is None else {"policy": policy, "organization": organization}
        return self.change({"propose": proposed}, by=by)

    def appoint(self, name, team, roles, seats, person=None, organization=None):
        member = {
            "id": name,
            "person": person or f"staff-{name}",
            "organization": organization or self.organization,
            "team": team,
            "roles": roles,
            "seats": seats,
            "ends_at": self.ends_at().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "registration": self.make_passkey(name).registration(),
        }
        self.change({"enrol": member})
        return self.sign_in(name)

    def enrol(self, login):
        address = self.directory.mail[login]
        before = self.mail.count(address)
        self.root.post_ok("/v1/enrolments", {"account": login}, 202)
        code = self.mail.code(address, before)
        assert code, "no invitation came"
        return Drawer(self.nobody().post_ok("/claimant/v1/enrol", {"code": code}, 201).json)

    # -- cases
    def open(self, login, action="password_reset", by="tom"):
        answer = self.staff[by].post_ok(
            "/v1/cases",
            {"account": login, "action": action, "channel": "phone", "ticket": "T-1", "reason": "forgot it"},
            201,
        )
        return Case(self, login, answer)

    def approve_body(self, case_id, by="ada", **how):
        asked = self.staff[by].get_ok(f"/v1/cases/{case_id}/statement")
        return {"assertion": self.passkeys[by].sign(passkey.APPROVAL, asked["statement"], **how)}

    # -- the ledger
    def database(self):
        return sqlite3.connect(f"file:{self.folder / 'ledger.sqlite'}?mode=ro", uri=True, timeout=60)

    def entries(self):
        with self.database() as db:
            return [json.loads(body) for (body,) in db.execute("SELECT body FROM entry ORDER BY idx")]

    def command(self, *words, home="home", **options):
        home = self.base / home
        home.mkdir(exist_ok=True)
        return subprocess.run(
            self.words([BIN / "sallyport", "--server", self.origin, "--ca", self.ca, "--home", home, *words]),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
            **options,
        )

    def export(self, name="ledger.sallyport"):
        key = self.base / "rea.key"
        if not key.exists():
            key.touch(0o600)
            key.write_text(self.passkeys["rea"].key_file())
        signed_in = self.command("sign-in", "--staff", "rea", "--key", key)
        assert signed_in.returncode == 0, signed_in.stderr
        out = self.base / name
        exported = self.command("audit", "export", out, "--key", self.vkey)
        assert exported.returncode == 0, exported.stderr
        return out

    def alerts(self, file):
        found = self.command("--json", "audit", "alerts", file, "--key", self.vkey)
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)

    def verify(self, file):
        ran = subprocess.run(
            [BIN / "sallyport-audit", "verify", file, "--key", self.vkey, "--genesis", self.genesis, "--json"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        report = json.loads(ran.stdout)
        assert report["sound"] == (ran.returncode == 0), ran.stdout
        return report


class Case:
    """One case, from the claimant's and the agent's side."""

    def __init__(self, site, login, opened):
        self.site, self.login, self.id, self.join_code = site, login, opened["case"], opened["join_code"]
        self.agent = site.staff[opened["requested_by"]]
        self.claimant = None

    def join(self):
        joined = self.site.nobody().post_ok("/claimant/v1/join", {"code": self.join_code}, 201)
        self.claimant = self.site.nobody().as_(joined["token"])
        return self

    def give(self, signal, code):
        return self.claimant.post(f"/claimant/v1/signals/{signal}", {"code": code})

    def passes(self, signal, code):
        answer = self.give(signal, code)
        assert answer.status == 200 and answer["result"] == "passed", answer
        return answer

    def mailed_code(self):
        address = self.site.directory.mail[self.login]
        before = self.site.mail.count(address)
        self.claimant.post_ok("/claimant/v1/signals/mail_code/request", status=202)
        code = self.site.mail.code(address, before)
        assert code, "no code came"
        return code

    def prove(self, drawer):
        """Both doors' worth of signals without the clock: a mailed code and a recovery code."""
        self.passes("mail_code", self.mailed_code())
        drawer.codes[0] = self.passes("recovery_code", drawer.codes[0])["replacement"]

    def sealed(self, password, key=None, aad=None):
        return sealed_with(self.claimant.get_ok("/claimant/v1/executor-key"), password, key, aad)

    def seal(self, password):
        self.claimant.post_ok("/claimant/v1/sealed-secret", self.sealed(password), 202)

    def approve(self, by="ada"):
        return self.site.staff[by].post_ok(f"/v1/cases/{self.id}/approvals", self.site.approve_body(self.id, by))

    def show(self, by=None):
        return (self.site.staff[by] if by else self.agent).get_ok(f"/v1/cases/{self.id}").json

    def view(self, after=None):
        return self.claimant.get_ok("/claimant/v1/case" + (f"?after={after}&wait=20" if after else "")).json

    def wait_closed(self, within=PATIENCE):
        return eventually(lambda: (case := self.show())["phase"] == "closed" and case, f"{self.id} closes", within)

    def cancel(self):
        return self.agent.post(f"/v1/cases/{self.id}/cancel", {"detail": "the test goes on"})


__all__ = ["BIN", "Case", "Drawer", "PATIENCE", "POLICY", "QUICK_POLICY", "Site", "eventually", "new_password", "totp"]
