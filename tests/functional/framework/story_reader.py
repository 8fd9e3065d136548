"""Reads stories, from docs/scenarios.md alone: a second implementation, which shows that the page suffices.

`read(text)` gives a Story or raises Malformed with every problem that was found, each with its line.
"""

import datetime
import pathlib
import re

from . import story as told
from .directories import ROOT

BYTES_MAX, LINES_MAX, NAME_MAX, DAYS_MAX = 64 * 1024, 1000, 48, 1000
SPAN_MAX = datetime.timedelta(days=3650)
OTHERS_MAX = 5000  # for whom a story opens cases
LIST_MAX = 200  # cases under one signature
WRITES_MAX = 2**32 - 1
ACTIONS = (
    "unlock",
    "admin_unlock",
    "password_reset",
    "mfa_reset",
    "recovery_factor_change",
    "lockout_disable",
    "delegated_access_restore",
    "service_secret_rotate",
    "emergency_access",
    "suspend",
)
ROLES = ("agent", "approver", "reviewer", "operator", "voucher")
CHANNELS = ("phone", "chat", "mail", "messenger", "video", "walk_in", "self_service")
WAYS_TO_HEAR = ("callback", "notice", "phone", "chat", "mail", "push", "manager", "letter")
EMPLOYMENTS = ("employee", "contractor", "leaver")
ACCOUNT_FACTS = ("admin", "executive", "inactive", "locked", "disguised")
BECOMES = ("admin", "executive", "inactive", "leaver")
# How a story calls the entries of a case.
TIMELINE = {
    "opened": "case_opened",
    "joined": "claimant_joined",
    "asked": "signal_requested",
    "evidence": "evidence_recorded",
    "verified": "identity_verified",
    "sealed": "secret_sealed",
    "approval": "approval_recorded",
    "permitted": "action_permitted",
    "intent": "intent_recorded",
    "outcome": "outcome_recorded",
    "refusal": "refusal_recorded",
    "objection": "holder_objected",
    "closed": "case_closed",
    "notice": "notice_sent",
    "review": "case_reviewed",
}
STATES = (
    "verifying",
    "approving",
    "permitted",
    "executing",
    "unknown",
    "done",
    "failed",
    "cancelled",
    "expired",
    "denied",
    "unopened",
)


class Malformed(Exception):
    def __init__(self, problems):
        super().__init__("; ".join(f"line {line}: {what}" for line, what in problems))
        self.problems = problems


class _Wrong(Exception):
    pass


def signals():
    """The table of docs/policy_language.md."""
    table = (ROOT / "docs" / "policy_language.md").read_text().partition("| signal | what it is |")[2]
    return set(re.findall(r"^\| `([a-z_]+)` \|", table.partition("\n\n")[0], re.MULTILINE))


def denials():
    return enumerators("src/core/model/denial.h", "DenialCode")


def alerts():
    return enumerators("src/core/alerts/alerts.h", "Alert")


def enumerators(header, name):
    body = (ROOT / header).read_text().split(f"enum class {name} ", 1)[1]
    body = re.sub(r"//.*", "", body[: body.index("};")])
    return set(re.findall(r"^\s+([a-z_]+),?", body, re.MULTILINE))


# -- words ---------------------------------------------------------------------------------------
class Words:
    """The words of one line. A quoted text is a word that is equal to no keyword."""

    WORD = r' *(?:"([^"]*)"|([,;]|:(?= |$))|((?:[^ ,;:"]|:(?! |$))+)|(.))'

    UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}

    def __init__(self, text):
        self.words, self.at = [], 0
        for quoted, mark, word, bad in re.findall(self.WORD, text):
            if bad:
                raise _Wrong("a quote that is not closed" if bad == '"' else f"`{bad}` is no word")
            self.words.append((mark or word, False) if mark or word else (quoted, True))

    def done(self):
        return self.at == len(self.words)

    def is_next(self, text):
        return self.words[self.at : self.at + 1] == [(text, False)]

    def peek(self):
        return self.words[self.at][0] if not self.done() else ""

    def take_if(self, *texts):
        here = self.words[self.at : self.at + len(texts)]
        if here != [(text, False) for text in texts]:
            return False
        self.at += len(texts)
        return True

    def need(self, *texts):
        if not self.take_if(*texts):
            raise _Wrong(f"`{' '.join(texts)}` should stand where `{self.peek()}` does")

    def word(self, what):
        if self.done():
            raise _Wrong(f"the line ends where {what} should be")
        self.at += 1
        return self.words[self.at - 1][0]

    def name(self, what, most=64):
        name = self.word(what)
        if not re.fullmatch(r"[a-z0-9._-]+", name) or len(name) > most:
            raise _Wrong(f"`{name}` is no name of {what}")
        return name

    def one_of(self, what, names):
        name = self.word(what)
        if name not in names:
            raise _Wrong(f"`{name}` is not {what}")
        return name

    def one_of_or_quoted(self, what, names):
        quoted = not self.done() and self.words[self.at][1]
        return self.word(what) if quoted else self.one_of(what, names)

    def keyword(self, what, names):
        for name in names:
            if self.take_if(name):
                return name
        raise _Wrong(f"`{self.peek()}` is not {what}")

    def number(self, most):
        text = self.word("a number")
        if not re.fullmatch(r"0*[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise _Wrong(f"`{text}` is no number up to {most}")
        return int(text)

    def span(self):
        text = self.word("a length of time")
        match = re.fullmatch(r"0*([0-9]{1,15})(ms|[dhms])", text)
        if not match:
            raise _Wrong(f"`{text}` is no length of time")
        unit = datetime.timedelta(**{self.UNITS[match[2]]: 1})
        if int(match[1]) > SPAN_MAX // unit:
            raise _Wrong(f"`{text}` is too long")
        return int(match[1]) * unit


# -- the reader ----------------------------------------------------------------------------------
class _Reader:
    APPROVALS = {
        "other_statement": "shown another statement",
        "other_page": "on another page",
        "touch_alone": "by touch alone",
    }
    HEAD, PARTS = ("story", "source", "kind", "policy", "pending"), ("people", "accounts", "timeline", "ends")

    def __init__(self):
        self.story, self.part, self.cases = told.Story(), None, []
        self.day, self.last = 0, datetime.timedelta()
        self.denials, self.alerts, self.signals = denials(), alerts(), signals()
        self.others, self.clock_moved = 0, datetime.timedelta()  # all together

    def line(self, number, text):
        if not text.strip(" ") or text.lstrip(" ").startswith("#"):
            return
        if "\t" in text:
            raise _Wrong("a tab")
        if not text.startswith(" "):
            return self.heading(text)
        if self.part is None:
            raise _Wrong("an indented line before any part")
        words, text = Words(text.strip(" ")), text.strip(" ")
        {"people": self.person, "accounts": self.account, "timeline": self.happening, "ends": self.ending}[self.part](
            number, text, words
        )
        if not words.done():
            raise _Wrong(f"`{words.peek()}` is more than the line says")

    def heading(self, text):
        match = re.match(r"(\S*?) *:(?= |$)(.*)", text)
        if not match or match[2].count('"') % 2:
            raise _Wrong("a quote that is not closed" if match else "a part needs a colon")
        key, value = match[1], match[2].strip(" ")
        if key not in self.HEAD + self.PARTS:
            raise _Wrong(f"`{key}` is not a part of a story")
        if key in self.PARTS:
            if value:
                raise _Wrong(f"`{key}:` stands alone")
            self.part = key
            return
        if not value or getattr(self.story, key):
            raise _Wrong(f"`{key}` is given twice" if value else f"`{key}` says nothing")
        setattr(self.story, key, value)

    # -- the world
    def new_name(self, words, known):
        name = words.name("something new", NAME_MAX)
        if name in [k.name for k in known]:
            raise _Wrong(f"`{name}` is there already")
        words.need(":")
        return name

    def parts(self, words, part):
        while not words.done():
            part()
            if not words.done():
                words.need(",")

    def person(self, _number, _text, words):
        person = told.Person(self.new_name(words, self.story.people))

        def part():
            if words.take_if("team"):
                person.team = words.name("a team")
            elif words.take_if("organization"):
                person.organization = words.name("an organization")
            elif words.take_if("seat"):
                person.seats.append(words.name("a seat"))
            elif words.take_if("owns"):
                person.owns = words.name("an account")
            else:
                person.roles.append(words.one_of("a part of a person", ROLES))

        self.parts(words, part)
        if not person.roles or not person.team:
            raise _Wrong("the person has no role" if not person.roles else "the person has no team")
        self.story.people.append(person)

    def account(self, _number, _text, words):
        account = told.Account(self.new_name(words, self.story.accounts))

        def part():
            if words.take_if("employment"):
                account.employment = words.one_of_or_quoted("a kind of employment", EMPLOYMENTS)
            elif words.take_if("group"):
                account.groups.append(words.word("a group"))
            elif words.take_if("organization"):
                account.organization = words.name("an organization")
            elif words.take_if("reached", "by"):
                way = words.name("a way to tell somebody", NAME_MAX)
                since = words.span() if words.take_if("unchanged", "for") else None
                account.reached_by = (account.reached_by or []) + [(way, since)]
            elif words.take_if("manager"):
                account.manager = self.one_of_the_people(words)
            else:
                setattr(account, words.one_of("a part of an account", ACCOUNT_FACTS), True)

        self.parts(words, part)
        self.story.accounts.append(account)

    def one_of_the_people(self, words):
        return words.one_of("one of the people", [p.name for p in self.story.people])

    def one_of_the_accounts(self, words):
        return words.one_of("one of the accounts", [a.name for a in self.story.accounts])

    # -- what happens
    def time(self, words):
        if words.take_if("day"):
            day = words.word("a day")
            if not re.fullmatch(r"0*[0-9]{1,4}", day) or not 1 <= int(day) <= DAYS_MAX:
                raise _Wrong(f"`{day}` is no day")
            self.day = int(day) - 1
        text = words.word("a time of day")
        match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", text)
        if not match:
            raise _Wrong(f"`{text}` is no time of day")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        at = datetime.timedelta(days=self.day, hours=hours, minutes=minutes, seconds=seconds)
        if at < self.last:
            raise _Wrong("time runs backwards")
        self.last = at
        return at

    def case(self, words, opens=False):
        words.need("case")
        name = words.name("a case", NAME_MAX)
        if opens == (name in self.cases):
            raise _Wrong(f"case {name} is there already" if opens else f"case {name} was not opened before")
        if opens:
            self.cases.append(name)
        return name

    def happening(self, number, text, words):
        line = told.Line(number, text, self.time(words), None)
        if words.take_if("the", "claimant", "of"):
            line.case = self.case(words)
            line.deed = self.claimant(words)
        elif words.take_if("the", "executor"):
            words.need("carries", "out")
            line.case = self.case(words)
            line.deed = self.executor(words)
        elif words.take_if("the", "holder", "of"):
            line.case = self.case(words)
            words.need("says", "it", "was", "not", "them")
            line.deed = told.Objects(self.through(words))
        elif words.take_if("the", "account"):
            line.deed = self.account_changes(words)
        elif words.take_if("the", "gateway's", "clock", "is", "set"):
            line.deed = self.clock(words)
        elif words.take_if("the", "ledger"):
            words.need("takes", "nothing", "any", "more")
            line.deed = told.LedgerStops()
        elif words.take_if("somebody"):
            line.deed, line.case = self.forger(words)
        else:
            line.deed, line.case = self.staff(words, self.one_of_the_people(words))
        if words.take_if("->"):
            line.fails = words.take_if("fails")
            if not line.fails:
                words.need("refused", ":")
                line.refused = words.one_of("the name of a denial", self.denials)
        self.story.lines.append(line)

    def claimant(self, words):
        if words.take_if("joins"):
            return told.Joins()
        if words.take_if("chooses", "a", "password"):
            return told.ChoosesPassword()
        passes = words.one_of("what a claimant does", ("gives", "fails")) == "gives"
        quoted = not words.done() and words.words[words.at][1]
        name = words.name("a signal", NAME_MAX)
        if quoted == (name in self.signals):
            raise _Wrong(f"`{name}` is {'a signal, and needs no quotes' if quoted else 'no signal'}")
        gives = told.Gives(name, passes)
        while words.take_if(","):
            self.detail(words, gives)
        return gives

    def detail(self, words, gives):
        if words.take_if("bound", "at", "an", "unknown", "time"):
            gives.bound = told.UNKNOWN
        elif words.take_if("bound"):
            gives.bound = words.span()
            words.need("before")
        elif words.take_if("changed", "at", "an", "unknown", "time"):
            gives.unchanged = told.UNKNOWN
        elif words.take_if("unchanged", "for"):
            gives.unchanged = words.span()
        elif words.take_if("with", "data"):
            gives.data_age = words.span()
            words.need("old")
        elif words.take_if("on", "the", "word", "of"):
            gives.word_of = self.one_of_the_people(words)
        else:
            words.need("from", "the", "account's", "own", "mailbox")
            gives.own_mailbox = True

    def executor(self, words):
        if words.take_if(",", "and", "the", "directory", "refuses"):
            return told.CarriesOut("not_done")
        if words.take_if(",", "and", "no", "answer", "comes"):
            return told.CarriesOut("unknown")
        return told.CarriesOut()

    @staticmethod
    def through(words):
        words.need(",", "through")
        return words.one_of_or_quoted("how it was heard", WAYS_TO_HEAR)

    def account_changes(self, words):
        account = self.one_of_the_accounts(words)
        if words.take_if("gets", "group"):
            return told.Becomes(account, "in_group", words.word("a group"))
        words.need("becomes")
        return told.Becomes(account, words.one_of("what an account becomes", BECOMES))

    def clock(self, words):
        back = words.one_of("what is done to a clock", ("back", "on")) == "back"
        words.need("by")
        by = words.span()
        self.clock_moved += by
        if self.clock_moved > SPAN_MAX:
            raise _Wrong("the clock is moved too far, all together")
        return told.SetsClock(-by if back else by)

    def forger(self, words):
        if words.take_if("writes", "an", "approval", "by"):
            forges = told.Forges("approval", self.one_of_the_people(words))
            words.need("into")
        elif words.take_if("puts", "the", "ledger", "back", "to", "before"):
            forges = told.Forges("put_back")
        else:
            words.need("cuts", "the", "approvals", "out", "of")
            forges = told.Forges("loss")
        return forges, self.case(words)

    def approves(self, words, by):
        case = self.case(words)
        for how, said in self.APPROVALS.items():
            if words.take_if(",", *said.split()):
                return told.Approves(by, how), case
        return told.Approves(by), case

    def cases_of_list(self, words):
        listed = []
        while not listed or words.take_if(","):
            name = words.word("a case")
            if name not in self.cases or name in listed:
                raise _Wrong(f"case {name} is on the list twice" if name in listed else f"case {name} was not opened")
            listed.append(name)
            if len(listed) > LIST_MAX:
                raise _Wrong("a list is too long")
        return listed

    def opens_many(self, words, by):
        many = told.OpensMany(by, words.number(OTHERS_MAX))
        self.others += many.number
        if self.others > OTHERS_MAX:
            raise _Wrong("too many cases for others, all together")
        words.need("cases", "for", "others")
        if words.take_if(",", "by"):
            many.channel = words.one_of_or_quoted("a way to get in touch", CHANNELS)
        return many, ""

    def staff(self, words, by):
        if words.take_if("opens"):
            if not words.is_next("case"):
                return self.opens_many(words, by)
            case = self.case(words, opens=True)
            words.need("for")
            opens = told.Opens(by, self.one_of_the_accounts(words), "")
            words.need(":")
            opens.action = words.one_of("an action", ACTIONS)
            if words.take_if(",", "by"):
                opens.channel = words.one_of_or_quoted("a way to get in touch", CHANNELS)
            return opens, case
        if words.take_if("approves", "the", "list", "of", "cases"):
            return told.ApprovesList(by, self.cases_of_list(words)), ""
        if words.take_if("reviews", "the", "list", "of", "cases"):
            return told.Reviews(by, "proper", self.cases_of_list(words), True), ""
        for verdict, said in (("proper", "reviews"), ("doubtful", "doubts")):
            if words.take_if(said):
                case = self.case(words)
                return told.Reviews(by, verdict, [case]), case
        if words.take_if("approves"):
            return self.approves(words, by)
        if words.take_if("hears", "from", "the", "holder", "of"):
            case = self.case(words)
            words.need("that", "it", "was", "not", "them")
            return told.Objects(self.through(words), by), case
        if words.take_if("proposes", "policy"):
            return told.Proposes(by, words.word("a file")), ""
        if words.take_if("agrees", "to", "the", "proposal"):
            return told.Agrees(by), ""
        if words.take_if("denies"):
            return told.Denies(by), self.case(words)
        if words.take_if("cancels"):
            return told.Cancels(by), self.case(words)
        if words.take_if("asks", "for"):
            action = words.one_of("an action", ACTIONS)
            words.need("on")
            return told.Asks(by, action), self.case(words)
        words.need("leaves", "the", "staff")
        return told.Leaves(by), ""

    # -- the end
    def ending(self, number, text, words):
        end = told.Expectation(number, text)
        if words.is_next("case"):
            end.case = self.case(words)
            if words.take_if("ends", "by", "itself", "after"):
                end.lasted = words.span()
                self.story.ends.append(end)
                return
            words.need("is")
            end.state = words.one_of("what a case can be", STATES)
        elif words.take_if("alert"):
            end.alert = words.keyword("an alert", self.alerts)
            if words.take_if("for"):
                end.case = self.case(words)
        elif words.take_if("no", "alert"):
            end.no_alert = True
        elif words.take_if("the", "timeline", "of"):
            end.case = self.case(words)
            words.need("shows")
            shows = [words.keyword("an entry of a timeline", TIMELINE)]
            while words.take_if(","):
                shows.append(words.keyword("an entry of a timeline", TIMELINE))
            end.shows = tuple(shows)
        elif words.take_if("the", "password", "of"):
            end.case, end.nowhere = self.case(words), True
            words.need("stands", "nowhere")
        elif words.take_if("the", "ledger", "is", "not", "sound"):
            end.not_sound = True
        elif not words.take_if("nothing", "is", "written"):
            count = words.word("a number")
            if not re.fullmatch(r"0*[0-9]{1,10}", count) or int(count) > WRITES_MAX:
                raise _Wrong(f"`{count}` is no number")
            end.writes = int(count)
            if not words.take_if("writes"):
                words.need("write")
        self.story.ends.append(end)

    def whole(self):
        story, missing = self.story, []
        for what in ("story", "source", "policy", "lines", "ends"):
            if not getattr(story, what):
                missing.append(f"the story has no {what}")
        known = [a.name for a in story.accounts]
        missing += [f"`{p.owns}` is not among the accounts" for p in story.people if p.owns and p.owns not in known]
        return missing


def read(text):
    """`text` as bytes."""
    problems = []
    if len(text) > BYTES_MAX:
        raise Malformed([(1, "a story has at most 64 KiB")])
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Malformed([(1, "the story is not UTF-8")]) from None
    if lines[-1] == "":
        lines.pop()
    if len(lines) > LINES_MAX:
        raise Malformed([(LINES_MAX, "a story has at most 1,000 lines")])
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        try:
            reader.line(number, line.removesuffix("\r"))
        except _Wrong as wrong:
            problems.append((number, str(wrong)))
    if not problems:
        problems = [(len(lines) or 1, what) for what in reader.whole()]
    if problems:
        raise Malformed(problems)
    return reader.story


def read_file(path):
    story = read(pathlib.Path(path).read_bytes())
    story.file = pathlib.Path(path)
    return story
