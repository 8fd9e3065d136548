"""A story, as docs/scenarios.md tells of it; story_reader.py reads one."""

import dataclasses
import datetime
import pathlib

HOME = "home"  # the organization of whom it is not said
UNKNOWN = "unknown"  # a time that nobody wrote down


@dataclasses.dataclass
class Person:
    name: str
    roles: list = dataclasses.field(default_factory=list)
    seats: list = dataclasses.field(default_factory=list)
    team: str = ""
    organization: str = HOME
    owns: str = ""


@dataclasses.dataclass
class Account:
    name: str
    admin: bool = False
    executive: bool = False
    inactive: bool = False
    locked: bool = False
    disguised: bool = False  # whoever opens a case is shown an ordinary one
    reached_by: list = None  # ways to tell the holder, each with how long its address has stood; nothing: all
    manager: str = ""  # one of the people
    employment: str = "employee"
    groups: list = dataclasses.field(default_factory=list)
    organization: str = HOME


@dataclasses.dataclass
class Opens:
    by: str
    account: str
    action: str
    channel: str = "phone"


@dataclasses.dataclass
class OpensMany:
    """One case for each of so many accounts of which nothing else is told."""

    by: str
    number: int
    channel: str = "phone"


@dataclasses.dataclass
class Joins:
    pass


@dataclasses.dataclass
class Gives:
    signal: str
    passes: bool
    bound: object = None  # a timedelta before, UNKNOWN, or None: long ago
    unchanged: object = None  # likewise
    data_age: object = None
    own_mailbox: bool = False
    word_of: str = ""  # one of the people; nobody: somebody who may


@dataclasses.dataclass
class ChoosesPassword:
    pass


@dataclasses.dataclass
class Approves:
    by: str
    how: str = ""  # or "other_statement", "other_page", "touch_alone"


@dataclasses.dataclass
class ApprovesList:
    """With one signature over all of these cases, or over none."""

    by: str
    cases: list


@dataclasses.dataclass
class Reviews:
    by: str
    verdict: str  # "proper" or "doubtful"
    cases: list
    as_list: bool = False


@dataclasses.dataclass
class Denies:
    by: str


@dataclasses.dataclass
class Cancels:
    by: str


@dataclasses.dataclass
class Asks:
    by: str
    action: str


@dataclasses.dataclass
class CarriesOut:
    outcome: str = "done"  # or "not_done": the directory refuses; "unknown": no answer comes


@dataclasses.dataclass
class Leaves:
    who: str


@dataclasses.dataclass
class Objects:
    through: str
    heard_by: str = ""  # one of the people; nobody: by a way of the holder's own


@dataclasses.dataclass
class Proposes:
    by: str
    policy: str  # a file, from where the story stands


@dataclasses.dataclass
class Agrees:
    by: str


@dataclasses.dataclass
class Becomes:
    account: str
    what: str  # "admin", "executive", "inactive", "leaver", "in_group"
    group: str = ""


@dataclasses.dataclass
class SetsClock:
    by: datetime.timedelta  # below zero: back


@dataclasses.dataclass
class Forges:
    what: str  # "approval": one that `whose` did not sign; "loss": of the case's approvals; "put_back": before the case
    whose: str = ""


@dataclasses.dataclass
class LedgerStops:
    """It takes nothing from now on."""


@dataclasses.dataclass
class Line:
    number: int
    text: str
    at: datetime.timedelta  # since the first midnight
    deed: object
    case: str = ""
    refused: str = ""
    fails: bool = False  # neither allowed nor refused: it cannot be written down


@dataclasses.dataclass
class Expectation:
    number: int
    text: str
    case: str = ""
    state: str = ""
    writes: int = 0
    not_sound: bool = False  # the ledger is not
    lasted: datetime.timedelta = None  # after which the effect of the case ends by itself
    alert: str = ""  # raised, for this case or for whichever
    no_alert: bool = False
    nowhere: bool = False  # the password that was chosen for the case stands in nothing that is kept
    shows: tuple = ()  # entries of the case's timeline, in this order among others


@dataclasses.dataclass
class Story:
    file: pathlib.Path = None
    story: str = ""
    source: str = ""
    kind: str = ""
    policy: str = ""
    pending: str = ""
    people: list = dataclasses.field(default_factory=list)
    accounts: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)
    ends: list = dataclasses.field(default_factory=list)

    def account(self, name):
        return next(a for a in self.accounts if a.name == name)

    def opening(self, case):
        return next(line.deed for line in self.lines if line.case == case and isinstance(line.deed, Opens))

    def others(self):
        """How many accounts there are of which nothing else is told."""
        return sum(line.deed.number for line in self.lines if isinstance(line.deed, OpensMany))

    def tells_of(self, *deeds):
        return any(isinstance(line.deed, deeds) for line in self.lines)
