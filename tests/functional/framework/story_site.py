"""A whole site for stories: sallyportd, sallyport-exec and OpenLDAP, at the stories' own times.

One site plays all stories of one policy, one after the other, but for those that would leave it another one. Each has
its own people and accounts, which end in its number, and its own days: the first is at least a week after the last of
the story before, on the same day of the week.
"""

import datetime

from . import certificates
from . import story as told
from .executor_door import ExecutorDoor
from .other_time import Clock
from .site import Site
from .story_obstacles import text_for_real
from .story_play import ADMINISTRATORS, EXECUTIVES, LONG_AGO, OWN_DOMAIN, StoryPlay

STAFF_TOKEN_RENEWED_AFTER = datetime.timedelta(hours=2)  # half of its life


def needs_a_site_of_its_own(story):
    """It leaves behind what stands in the way of others: a policy, a proposal, a ledger ahead of its time."""
    return story.tells_of(told.Proposes, told.Agrees, told.SetsClock)


class StorySite(Site):
    sandbox = False
    organization, operators = told.HOME, ("una", "uwe", "ulf")

    def __init__(self, folder, directory, policy, stories):
        """`directory`: a Slapd of our own; `stories`: those that are going to be played, in their order."""
        self.clock = Clock(folder / "clock", LONG_AGO)
        self.signed_in_at, self.door = {}, None
        directory.admin_group = ADMINISTRATORS
        made = folder / "certificates"
        certificates.make(made, "localhost")
        self.init_options = (
            "--tls-certificate",
            made / "server.pem",
            "--tls-key",
            made / "server.key",
            "--executive-group",
            EXECUTIVES,
            "--account-mail-domain",
            OWN_DOMAIN,
        )
        self.authority = made / "ca.pem"
        super().__init__(folder, directory, text_for_real(policy), staff=(("rea", "audit", ["reviewer"], []),))
        self.drawers = {}
        try:
            self.plays = [StoryPlay(self, number, story) for number, story in enumerate(stories, 1)]
            for play in self.plays:
                play.furnish()
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def slapd_certificates(folder):
        """Before a Slapd starts in `folder`: good for the times of all stories."""
        certificates.make(folder / "tls", "ldap.alderfinch.example")

    def words(self, words):
        return self.clock.words(words)

    def now(self):
        return self.clock.now

    def ends_at(self):
        return self.now() + datetime.timedelta(days=365 * 20)

    def init(self):
        super().init()
        self.ca = self.authority
        self.door = ExecutorDoor(self.folder)

    def stop(self):
        try:
            super().stop()
        finally:
            if self.door:
                self.door.stop()

    def sign_in(self, name):
        self.signed_in_at[name] = self.now()
        return super().sign_in(name)

    def client(self, name):
        """As somebody at work: signed in, whatever the time."""
        if name not in self.signed_in_at or self.now() - self.signed_in_at[name] >= STAFF_TOKEN_RENEWED_AFTER:
            self.sign_in(name)
        return self.staff[name]

    def operators_come_in(self):
        for name in self.operators:
            self.client(name)
        self.chief = self.operators[0]  # root's own appointment is for a year
        self.root = self.client(self.chief)

    def bind(self, login):
        """An authenticator app and a sheet of codes, now."""
        self.operators_come_in()
        self.drawers[login] = self.enrol(login)
