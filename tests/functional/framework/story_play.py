"""One story on a site (story_site.py): its accounts and people, and what each line tells as the request of a client.

A sentence is one method, which gives "allowed", "refused, CODE: ...", or what else happened.
"""

import dataclasses
import datetime
import time

from . import passkey
from . import story as told
from .canary import Canary
from .other_time import utc
from .site import eventually, new_password, sealed_with
from .story_obstacles import text_for_real
from .story_reader import TIMELINE
from .totp import totp

LONG_AGO = utc(2025, 1, 1)  # when what a story says nothing of was bound
FIRST_MIDNIGHT = utc(2026, 3, 2)
WEEK = datetime.timedelta(days=7)
CLOCK_STEP_MAX = datetime.timedelta(seconds=5)  # that is still believed
ADMINISTRATORS, EXECUTIVES = "Administrators", "Executives"  # by what groups a directory says so
OWN_DOMAIN, OTHER_DOMAIN = "own.example", "post.example"
ANOTHER_PAGE = "https://sign-in.example.net"
LOCKED, DISABLED = "20260102030405Z", "000001010000Z"
TOO_SHORT = "short"  # for the password policy of tests/servers/make_seed.py


@dataclasses.dataclass
class Surprise:
    number: int
    text: str
    expected: str
    happened: str

    def __str__(self):
        return f"line {self.number}: {self.text}\n    expected    {self.expected}\n    happened    {self.happened}"


def rfc3339(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class StoryPlay:
    def __init__(self, site, number, story):
        self.site, self.story, self.tag = site, story, f"s{number}"
        self.cases, self.claimants, self.passwords = {}, {}, {}
        self.midnight = None
        self.others_opened, self.cases_of_others = 0, []
        self.groups = {
            a.name: a.groups + [ADMINISTRATORS] * a.admin + [EXECUTIVES] * a.executive for a in story.accounts
        }
        self.logins = {a.name: f"{a.name}.{self.tag}" for a in story.accounts}

    # -- names
    def staff_id(self, name):
        return f"{name}.{self.tag}"

    def holder_of(self, account):
        return f"holder.{account}.{self.tag}"

    def login_of_case(self, case):
        return self.logins[self.story.opening(case).account]

    def login_of_other(self, number):
        """Of an account of which nothing else is told."""
        return f"one-of-many.{number}.{self.tag}"

    # -- its world
    def furnish(self):
        """The accounts, long ago, each with an authenticator app and a sheet of codes."""
        directory = self.site.directory
        own = {
            self.story.opening(line.case).account
            for line in self.story.lines
            if isinstance(line.deed, told.Gives) and line.deed.own_mailbox
        }
        for account in self.story.accounts:
            login = self.logins[account.name]
            directory.add_person(
                login,
                new_password(),
                mail=f"{login}@{OWN_DOMAIN if account.name in own else OTHER_DOMAIN}",
                employeeNumber=self.holder_of(account.name),
                employeeType=account.employment,
            )
            for group in self.groups[account.name]:
                directory.put_into(group, [login])
            self.site.bind(login)
            if account.inactive or account.locked:
                directory.lock(login, DISABLED if account.inactive else LOCKED)
        for number in range(self.story.others()):
            login = self.login_of_other(number)
            facts = {"employeeNumber": self.holder_of(f"other-{number}"), "employeeType": "employee"}
            directory.add_person(login, new_password(), mail=f"{login}@{OTHER_DOMAIN}", **facts)

    def appoint(self):
        self.site.operators_come_in()
        for p in self.story.people:
            person = self.holder_of(p.owns) if p.owns else f"staff.{p.name}.{self.tag}"
            self.site.appoint(self.staff_id(p.name), p.team, p.roles, p.seats, person, p.organization)

    def beforehand(self):
        """What has to be done before some line, in order: (when, what, login of the account that it is done to)."""
        todo = []
        for line in self.story.lines:
            if not isinstance(line.deed, told.Gives):
                continue
            at, login = self.midnight + line.at, self.login_of_case(line.case)
            if isinstance(line.deed.bound, datetime.timedelta):
                todo.append((at - line.deed.bound, "bind", login))
            if isinstance(line.deed.unchanged, datetime.timedelta):
                todo.append((at - line.deed.unchanged, "move and bind", login))
            if line.deed.unchanged == told.UNKNOWN:
                todo.append((self.midnight, "move", login))
        return sorted(todo)

    def begin_at(self, after):
        """The first midnight that leaves room for what is done beforehand."""
        self.midnight = FIRST_MIDNIGHT
        while min([self.midnight] + [at for at, *_ in self.beforehand()]) < after + datetime.timedelta(days=2):
            self.midnight += WEEK

    # -- the play
    def run(self):
        """A Surprise, or nothing: it went as told."""
        self.begin_at(self.site.now())
        todo = self.beforehand()
        while todo and todo[0][0] < self.midnight:
            self.do_next(todo)
        self.site.clock.set(self.midnight)
        self.appoint()
        for line in self.story.lines:
            held = self.held()
            while todo and todo[0][0] <= self.midnight + line.at:
                self.do_next(todo)
            self.set_clock(self.midnight + line.at)
            wanted = f"refused, {line.refused}" if line.refused else "allowed"
            try:
                self.let_time_pass(held)
                happened = self.DO[type(line.deed)](self, line, line.deed)
            except Exception as error:  # whatever goes wrong, the story and its line are told
                happened = f"{type(error).__name__}: {error}"
            if happened.partition(":")[0] != wanted:
                return Surprise(line.number, line.text, wanted, happened)
        return self.end()

    def do_next(self, todo):
        at, what, login = todo.pop(0)
        self.set_clock(at)
        if "move" in what:
            self.site.directory.move_mail(login, f"moved.{self.site.directory.mail[login]}")
        if "bind" in what:
            self.site.bind(login)

    def set_clock(self, at):
        """The gateway's, when the story has come so far."""
        self.site.clock.set(at + self.site.clock.set_by)

    def held(self):
        """Cases of which a hold has begun and is not over."""
        return [case for case in self.cases if self.show(case).get("hold_until")]

    def let_time_pass(self, held):
        """The gateway looks at its agenda four times a second, by the true clock, while it believes its own.

        `held`: the cases that were, before its clock was moved.
        """
        if abs(self.site.clock.set_by) > CLOCK_STEP_MAX:
            return
        for case in self.cases:
            shown = self.show(case)
            ends = datetime.datetime.fromisoformat(shown["expires_at"].replace("Z", "+00:00"))
            if shown["phase"] != "closed" and ends <= self.site.now():
                eventually(lambda: self.show(case)["phase"] == "closed", "a case that has expired ends")
        if any(not self.show(case).get("hold_until") for case in held):
            time.sleep(0.6)

    def show(self, case):
        return self.site.client(self.site.chief).get_ok(f"/v1/cases/{self.cases[case]['case']}").json

    @staticmethod
    def answer(answer):
        return "allowed" if answer.status < 400 else f"refused, {answer.code}: {answer['detail']}"

    def client(self, name):
        return self.site.client(self.staff_id(name))

    def post(self, by, case, what, body):
        return self.answer(self.client(by).post(f"/v1/cases/{self.cases[case]['case']}/{what}", body))

    # -- staff
    def opens(self, line, deed):
        body = {
            "account": self.logins[deed.account],
            "action": deed.action,
            "channel": deed.channel,
            "ticket": f"T-{line.case}",
            "reason": self.story.story,
        }
        answer = self.client(deed.by).post("/v1/cases", body)
        if answer.status == 201:
            self.cases[line.case] = answer.json
            joins = [o for o in self.story.lines if o.case == line.case and isinstance(o.deed, told.Joins)]
            if not joins:  # the code that is read out is used at once: half an hour later it is dead
                joined = self.join(line.case)
                if joined != "allowed":
                    return joined
        return self.answer(answer)

    def opens_many(self, _line, deed):
        """Nobody joins them: nothing else is told of them."""
        for _ in range(deed.number):
            login = self.login_of_other(self.others_opened)
            body = {"account": login, "action": "unlock", "channel": deed.channel}
            body |= {"ticket": f"T-{login}", "reason": self.story.story}
            answer = self.client(deed.by).post("/v1/cases", body)
            if answer.status != 201:
                return self.answer(answer)
            self.others_opened += 1
            self.cases_of_others.append(answer["case"])
        return "allowed"

    def approves(self, line, deed):
        """Whoever has nothing to sign tries it all the same."""
        case = self.cases[line.case]["case"]
        asked = self.client(deed.by).get(f"/v1/cases/{case}/statement")
        statement = asked["statement"] if asked.status == 200 else "{}"
        if deed.how == "other_statement":
            statement = '{"case":"another"}'
        how = {"other_page": {"origin": ANOTHER_PAGE}, "touch_alone": {"flags": passkey.PRESENT}}.get(deed.how, {})
        assertion = self.site.passkeys[self.staff_id(deed.by)].sign(passkey.APPROVAL, statement, **how)
        return self.post(deed.by, line.case, "approvals", {"assertion": assertion})

    def approves_list(self, _line, deed):
        """Statements as they stand, and one signature over the root of their tree."""
        client, ids = self.client(deed.by), [self.cases[case]["case"] for case in deed.cases]
        asked = [client.get(f"/v1/cases/{i}/statement") for i in ids]
        statements = [a["statement"] if a.status == 200 else "{}" for a in asked]
        signed = passkey.list_statement(statements)
        assertion = self.site.passkeys[self.staff_id(deed.by)].sign(passkey.APPROVALS, signed)
        return self.answer(client.post("/v1/approvals", {"cases": ids, "assertion": assertion}))

    def reviews(self, _line, deed):
        client, ids = self.client(deed.by), [self.cases[case]["case"] for case in deed.cases]
        body = {"cases": ids, "verdict": deed.verdict, "ticket": ""}
        asked = client.post("/v1/reviews/statements", body)
        if asked.status != 200:
            return self.answer(asked)
        statements = [s["statement"] for s in asked["statements"]]
        key = self.site.passkeys[self.staff_id(deed.by)]
        if len(ids) > 1:
            assertion = key.sign(passkey.REVIEWS, passkey.list_statement(statements))
        else:
            assertion = key.sign(passkey.REVIEW, statements[0])
        return self.answer(client.post("/v1/reviews", body | {"assertion": assertion}))

    def denies(self, line, deed):
        return self.post(deed.by, line.case, "denials", {"detail": "told no"})

    def cancels(self, line, deed):
        return self.post(deed.by, line.case, "cancel", {"detail": "told to stop"})

    def asks(self, line, deed):
        return self.post(deed.by, line.case, "execute", {"action": deed.action})

    def objects(self, line, deed):
        return self.post(deed.heard_by, line.case, "objection", {"through": deed.through})

    def request_change(self, by, change):
        self.client(by)
        return self.answer(self.site.request_change(change, self.staff_id(by)))

    def proposes(self, _line, deed):
        policy = text_for_real(self.story.file.parent / deed.policy)
        return self.request_change(deed.by, {"propose": {"policy": policy}})

    def agrees(self, _line, deed):
        """To the latest that is open, or else to the latest."""
        open_ones = self.client(deed.by).get_ok("/v1/changes")["changes"]
        until_now = self.site.client(self.site.chief).get_ok("/v1/staff")["changes"]
        latest = max((c["number"] for c in open_ones), default=until_now)
        return self.request_change(deed.by, {"approve": latest})

    def leaves(self, line, deed):
        """By the operators, of whom one asks and, where it has to be, another agrees."""
        self.site.operators_come_in()
        answer = self.site.request_change({"remove": self.staff_id(deed.who)}, self.site.chief)
        if answer.status == 201:
            self.site.approved(answer, self.site.chief)
        return self.answer(answer)

    # -- what nobody asks the gateway for
    def becomes(self, _line, deed):
        login, directory = self.logins[deed.account], self.site.directory
        group = {"admin": ADMINISTRATORS, "executive": EXECUTIVES, "in_group": deed.group}.get(deed.what)
        if group is None:
            directory.set_fact(login, *self.FACTS[deed.what])
        elif group not in self.groups[deed.account]:
            directory.put_into(group, [login])
            self.groups[deed.account].append(group)
        return "allowed"

    def sets_clock(self, _line, deed):
        """Whoever is at work has signed in before."""
        for person in self.story.people:
            self.client(person.name)
        self.site.operators_come_in()
        time.sleep(1.2)  # both processes have looked at it before
        self.site.clock.step(deed.by)
        return "allowed"

    # -- the claimant
    def join(self, case):
        answer = self.site.nobody().post("/claimant/v1/join", {"code": self.cases[case]["join_code"]})
        if answer.status == 201:
            self.claimants[case] = self.site.nobody().as_(answer["token"])
        return self.answer(answer)

    def joins(self, line, _deed):
        return self.join(line.case)

    def gives(self, line, deed):
        claimant, login = self.claimants[line.case], self.login_of_case(line.case)
        give = self.GIVE.get(deed.signal)
        code, refused = give(self, claimant, login, deed.passes) if give else ("whatever is known of it", "")
        if refused:
            return refused
        answer = claimant.post(f"/claimant/v1/signals/{deed.signal}", {"code": code})
        if answer.status == 200:
            assert answer["result"] == ("passed" if deed.passes else "failed"), answer
            if answer["replacement"]:
                self.site.drawers[login].codes.append(answer["replacement"])
            return self.evidence(line, deed)
        return self.answer(answer)

    def evidence(self, line, deed):
        """Does the ledger say of what was given what the story says of it?"""
        path = f"/v1/cases/{self.cases[line.case]['case']}/timeline"
        entries = self.site.client(self.site.chief).get_ok(path)["entries"]
        entry = [e for e in entries if e["kind"] == "evidence_recorded"][-1]
        at = self.site.now()
        wanted = {"at": rfc3339(at), "signal": deed.signal, "rests_on_account": deed.own_mailbox}
        if deed.passes and deed.signal != "mail_code":
            wanted["enrolled_at"] = rfc3339(at - deed.bound if deed.bound else LONG_AGO)
        if deed.passes and deed.signal == "mail_code":
            since = (
                LONG_AGO if deed.unchanged is None else at - deed.unchanged if deed.unchanged != told.UNKNOWN else None
            )
            wanted["unchanged_since"] = rfc3339(since) if since else None
        if not deed.passes:
            del wanted["rests_on_account"]  # nothing was proved that could rest on something
        happened = {name: {**entry["body"]["evidence"], "at": entry["at"]}.get(name) for name in wanted}
        return "allowed" if happened == wanted else f"the ledger has {happened}, not {wanted}"

    def totp(self, _claimant, login, passes):
        step = int(self.site.now().timestamp()) // 30
        seed = self.site.drawers[login].seed
        if passes:
            return totp(seed, step), ""
        near = {totp(seed, step + n) for n in range(-5, 6)}
        return next(code for code in ("000000", "111111", *map(str, range(222222, 222240))) if code not in near), ""

    def mail_code(self, claimant, login, passes):
        address = self.site.directory.mail[login]
        before = self.site.mail.count(address)
        asked = claimant.post("/claimant/v1/signals/mail_code/request")
        if asked.status != 202:
            return "", self.answer(asked)
        code = self.site.mail.code(address, before)
        assert code, "no code came"
        return (code if passes else code[::-1] if code != code[::-1] else "00000000"), ""

    def recovery_code(self, _claimant, login, passes):
        codes = self.site.drawers[login].codes
        return codes.pop(0) if passes else "no such code", ""

    def chooses_password(self, line, _deed):
        """One that the directory refuses, where the story says that it does."""
        later = [other for other in self.story.lines if other.case == line.case and other.number > line.number]
        acts = [other.deed.outcome for other in later if isinstance(other.deed, told.CarriesOut) and not other.refused]
        word = TOO_SHORT if acts[:1] == ["not_done"] else new_password()
        claimant = self.claimants[line.case]
        offered = claimant.get_ok("/claimant/v1/executor-key").json
        answer = claimant.post("/claimant/v1/sealed-secret", sealed_with(offered, word))
        if answer.status < 400:
            self.passwords[line.case] = word
        return self.answer(answer)

    # -- the executor
    def carries_out(self, line, deed):
        answer = self.site.door.execute(self.cases[line.case]["case"])
        if "fault" in answer:  # a denial travels as one
            return f"{'refused,' if answer['fault']['kind'] == 'rejected' else 'a fault:'} {answer['fault']['what']}"
        outcome = answer["answer"]["outcome"]
        if outcome != deed.outcome:
            return f"the outcome is {outcome}"
        login, action = self.login_of_case(line.case), self.story.opening(line.case).action
        return self.effect_of(login, action, self.passwords.get(line.case), outcome == "done")

    def effect_of(self, login, action, word, done):
        """Is the directory as it must be after this?"""
        directory = self.site.directory
        if action == "password_reset":
            if done and directory.lets_in(login, directory.passwords[login]):
                return "the old password still lets in"
            if directory.lets_in(login, word) != done:
                return f"the new password {'does not let' if done else 'lets'} in"
            if done:
                directory.passwords[login] = word
        elif done and directory.locked(login) != (action == "suspend"):
            return f"the account is {'not' if action == 'suspend' else 'still'} locked"
        elif done and action == "suspend" and directory.lets_in(login, directory.passwords[login]):
            return "the suspended account still lets in"
        return "allowed"

    # -- the end
    def writes(self):
        """Changes that Sallyport made to what an account is, by the directory's own log."""
        by = self.site.directory.settings["BIND_DN"]
        effects = {"userPassword", "pwdAccountLockedTime", "pwdEndTime"}
        changes = [c for login in self.logins.values() for c in self.site.directory.changes_of(login, by)]
        return sum(bool(effects & set(change)) for change in changes)

    def state_of(self, case):
        if case not in self.cases:
            return "unopened"
        shown = self.show(case)
        return shown["result"] if shown["phase"] == "closed" else shown["phase"]

    def raised(self):
        """Alerts of this story's cases, by the program that finds them in the ledger that is taken home."""
        names = {opened["case"]: name for name, opened in self.cases.items()} | {c: "" for c in self.cases_of_others}
        found = self.site.alerts(self.site.export(f"{self.tag}.sallyport"))
        return [(a["alert"], names[a["case"]]) for a in found if a["case"] in names]

    def timeline(self, case):
        words = {kind: word for word, kind in TIMELINE.items()}
        path = f"/v1/cases/{self.cases[case]['case']}/timeline"
        entries = self.site.client(self.site.chief).get_ok(path)["entries"]
        return [words[e["kind"]] for e in entries if e["kind"] in words]

    def end(self):
        for end in sorted(self.story.ends, key=lambda e: e.not_sound):
            if end.alert:
                raised = self.raised()
                fits = any(a == end.alert and end.case in ("", case) for a, case in raised)
                wanted, is_ = end.text, end.text if fits else str(raised)
            elif end.no_alert:
                wanted, is_ = "[]", str(self.raised())
            elif end.shows:
                shown = self.timeline(end.case)
                rest = iter(shown)
                fits = all(word in rest for word in end.shows)  # in this order, among others
                wanted, is_ = end.text, end.text if fits else ", ".join(shown)
            elif end.not_sound:
                report = self.site.verify(self.site.export(f"{self.tag}.sallyport"))
                is_, wanted = "sound" if report["sound"] else "not sound", "not sound"
            elif end.nowhere:
                is_, wanted = self.places_of(self.passwords[end.case]), []
            elif end.lasted is not None:
                is_, wanted = self.lasted(end.case), end.lasted
            else:
                is_, wanted = (self.state_of(end.case), end.state) if end.case else (self.writes(), end.writes)
            if is_ != wanted:
                return Surprise(end.number, end.text, str(wanted), str(is_))
        return None

    def places_of(self, password):
        """Files of the site with the password in it, in whatever form; the directory itself is no part of it."""
        canary = Canary("new password", password)
        self.site.export(f"{self.tag}.sallyport")
        files = [file for file in self.site.folder.rglob("*") if file.is_file()]
        files += self.site.folder.parent.glob("*.log")
        return [str(file) for file in files if canary.found_in(file.read_bytes())]

    def lasted(self, case):
        """What the executor told the directory, by the ledger."""
        path = f"/v1/cases/{self.cases[case]['case']}/timeline"
        entries = self.site.client(self.site.chief).get_ok(path)["entries"]
        intents = [e["body"] for e in entries if e["kind"] == "intent_recorded"]
        return intents[-1].get("lasts", "it does not end") if intents else "nothing was done"

    FACTS = {"inactive": ("pwdAccountLockedTime", DISABLED), "leaver": ("employeeType", "leaver")}

    GIVE = {"totp": totp, "mail_code": mail_code, "recovery_code": recovery_code}
    DO = {
        told.Opens: opens,
        told.OpensMany: opens_many,
        told.Approves: approves,
        told.ApprovesList: approves_list,
        told.Reviews: reviews,
        told.Denies: denies,
        told.Cancels: cancels,
        told.Asks: asks,
        told.Leaves: leaves,
        told.Objects: objects,
        told.Proposes: proposes,
        told.Agrees: agrees,
        told.Becomes: becomes,
        told.SetsClock: sets_clock,
        told.Joins: joins,
        told.Gives: gives,
        told.ChoosesPassword: chooses_password,
        told.CarriesOut: carries_out,
    }
