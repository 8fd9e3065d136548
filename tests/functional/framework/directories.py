"""The two directories a site can stand on, seen from outside: does it let somebody in, what is its marker?"""

import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tests" / "servers" / "openldap.sh"


class Embedded:
    """Reads the frames of src/shell/directories/frame_log.h; the server's code is not asked."""

    def __init__(self, folder, logins, locked=()):
        self.folder = folder
        self.passwords = {login: f"first password of {login}" for login in logins}
        self.mail = {login: f"{login}@post.example" for login in logins}
        self.seed = folder / "people.json"
        self.file = None  # known when the site is
        self._frames_read, self._marker_of, self._inode = 0, {}, None
        accounts = [
            {
                "login": login,
                "display_name": f"{login.title()} Made-up",
                "mail": self.mail[login],
                "employee_number": str(2000 + n),
                "groups": ["All Staff"],
                "employment": "employee",
                "password": self.passwords[login],
                "locked": login in locked,
                "active": True,
            }
            for n, login in enumerate(logins)
        ]
        self.seed.write_text(json.dumps({"accounts": accounts}))
        self.seed.chmod(0o600)

    def init_arguments(self):
        return ["--embedded-seed", self.seed]

    def frames(self):
        """Every stored state of an account, in order. A torn frame at the end counts for nothing."""
        data = self.file.read_bytes()
        at = data.index(b"\n") + 1
        while at < len(data):
            line, _, rest = data[at:].partition(b"\n")
            words = line.split()
            if len(words) != 3 or words[0] != b"frame":
                return
            payload = rest[: int(words[1])]
            if hashlib.sha256(payload).hexdigest().encode() != words[2]:
                return
            yield from (json.loads(account) for account in payload.splitlines())
            at += len(line) + 1 + len(payload) + 1

    def history(self, login):
        return [account for account in self.frames() if account["login"] == login]

    def marker(self, login):
        return self.history(login)[-1]["marker"]

    def new_markers(self):
        """Each marker that was written since the last time this was asked."""
        inode = self.file.stat().st_ino
        if inode != self._inode:  # written anew, as after a disk that failed
            self._inode, self._frames_read = inode, 0
        states = list(self.frames())
        for account in states[self._frames_read :]:
            if account["marker"] and account["marker"] != self._marker_of.get(account["login"]):
                self._marker_of[account["login"]] = account["marker"]
                yield account["marker"]
        self._frames_read = len(states)

    def locked(self, login):
        return self.history(login)[-1]["locked"]

    def effects(self, login):
        """How often the password was changed since the start."""
        states = self.history(login)
        return states[-1]["password_version"] - states[0]["password_version"]

    def lets_in(self, login, password):
        account = self.history(login)[-1]
        _, iterations, salt, wanted = account["passwords"][0].split("$")
        got = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
        return account["active"] and not account["locked"] and got == base64.b64decode(wanted)

    def stop(self):
        pass


class Slapd:
    """tests/servers/openldap.sh; stopped by the pid it wrote."""

    admin_group = "Domain Admins"

    def __init__(self, folder):
        self.folder = folder
        self.start()
        self.passwords = dict(
            line.split("\t", 1) for line in pathlib.Path(self.settings["PASSWORDS_FILE"]).read_text().splitlines()
        )
        self.mail = {login: f"{login}@alderfinch.example" for login in self.passwords}
        self._changes_read = 0

    def start(self):
        # slapd keeps our pipe when it goes to the background, so its words go to files.
        said = self.folder.with_suffix(".settings")
        with open(said, "wb") as out, open(self.folder.with_suffix(".log"), "ab") as log:
            port = self.folder / "port"
            words = [SCRIPT, "start", self.folder] + ([port.read_text().strip()] if port.exists() else [])
            env = {**os.environ, "SALLYPORT_SLAPD_CHANGES": "yes"}
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=out, stderr=log, timeout=120, env=env)
        self.settings = dict(line.split("=", 1) for line in said.read_text().splitlines())

    def stop(self):
        subprocess.run([SCRIPT, "stop", self.folder], check=True, timeout=60)

    def pause(self):
        os.kill(int(self.settings["SLAPD_PID"]), signal.SIGSTOP)

    def go_on(self):
        os.kill(int(self.settings["SLAPD_PID"]), signal.SIGCONT)

    def init_arguments(self):
        s = self.settings
        return [
            "--ldap-url",
            s["LDAPS_URL"],
            "--ldap-ca",
            s["CA"],
            "--ldap-bind-dn",
            s["BIND_DN"],
            "--ldap-bind-password-file",
            s["BIND_PW_FILE"],
            "--ldap-people",
            s["PEOPLE_BASE"],
            "--ldap-groups",
            s["GROUPS_BASE"],
            "--admin-group",
            self.admin_group,
        ]

    def _run(self, words):
        return subprocess.run(
            words, capture_output=True, text=True, timeout=60, env={**os.environ, "LDAPTLS_CACERT": self.settings["CA"]}
        )

    def _dn(self, login):
        return f"uid={login},{self.settings['PEOPLE_BASE']}"

    def change(self, ldif, tool="ldapmodify", *more):
        """As root, over whom no rules stand."""
        s = self.settings
        file = self.folder.with_suffix(".ldif")
        file.touch(0o600)
        file.write_text(ldif)
        as_root = ["-x", "-H", s["LDAPS_URL"], "-D", s["ROOT_DN"], "-y", s["ROOT_PW_FILE"]]
        ran = self._run([tool, *as_root, *more, "-f", file])
        file.unlink()
        assert ran.returncode == 0, ran.stderr

    def add_person(self, login, password, **attributes):
        words = {"cn": login, "sn": login, "userPassword": password, **attributes}
        lines = "".join(f"{name}: {value}\n" for name, value in words.items())
        self.change(f"dn: {self._dn(login)}\nobjectClass: inetOrgPerson\nuid: {login}\n{lines}", "ldapadd")
        self.passwords[login], self.mail[login] = password, attributes["mail"]

    def move_mail(self, login, address):
        self.change(f"dn: {self._dn(login)}\nchangetype: modify\nreplace: mail\nmail: {address}\n")
        self.mail[login] = address

    def set_fact(self, login, name, value):
        """`relax`: what slapd keeps by itself, such as a lock, as well."""
        fact = f"replace: {name}\n{name}: {value}\n"
        self.change(f"dn: {self._dn(login)}\nchangetype: modify\n{fact}", "ldapmodify", "-e", "relax")

    def put_into(self, group, logins):
        """A group of this name may be there already."""
        dn = f"cn={group},{self.settings['GROUPS_BASE']}"
        members = "".join(f"member: {self._dn(login)}\n" for login in logins)
        known = self._run(["ldapsearch", *self._as_root(), "-b", dn, "-s", "base", "1.1"]).returncode == 0
        if known:
            self.change(f"dn: {dn}\nchangetype: modify\nadd: member\n{members}")
        else:
            self.change(f"dn: {dn}\nobjectClass: groupOfNames\ncn: {group}\n{members}", "ldapadd")

    def lock(self, login, since):
        """`since`: a generalized time; 000001010000Z is until an administrator says otherwise."""
        lock = f"add: pwdAccountLockedTime\npwdAccountLockedTime: {since}\n"
        self.change(f"dn: {self._dn(login)}\nchangetype: modify\n{lock}", "ldapmodify", "-e", "relax")

    def changes_of(self, login, by=None):
        """The attributes of each change of this account, in order, by slapd's own log; `by`: a DN."""
        out = []
        for change in (self.folder / "changes.ldif").read_text().split("\n\n"):
            if f"\ndn: {self._dn(login)}\nchangetype: modify\n" not in change:
                continue
            # modify 1772442240 dc=alderfinch,dc=example cn=sallyport,... IP=... conn=...
            if by is None or f" {by} " in change.split("\n", 1)[0]:
                out.append(re.findall(r"^(?:replace|add|delete): (\S+)$", change, re.MULTILINE))
        return out

    def new_markers(self):
        """Each marker that was written since the last time this was asked, by slapd's own log."""
        markers, self._changes_read = self.markers_from(self._changes_read)
        return markers

    def markers_from(self, place, logins=None):
        """(the markers that were written after this place of slapd's log, where it ends); of these accounts alone."""
        with open(self.folder / "changes.ldif", "rb") as changes:
            changes.seek(place)
            text = changes.read().decode()
        whole = text[: text.rfind("\n# end ")]  # of the last change the end may not be there yet
        whole = text[: text.find("\n", len(whole) + 1) + 1] if whole else ""
        markers = []
        for change in whole.split("\n# end "):
            if logins and not any(f"\ndn: {self._dn(login)}\n" in change for login in logins):
                continue
            found = re.search(r"^add: sallyportMarker\nsallyportMarker: (\S+)$", change, re.MULTILINE)
            if found:
                markers.append(found[1])
            else:
                by_us = "cn=sallyport,ou=services," in change.split("\ndn: ", 1)[0]
                assert not by_us or "userPassword" not in change, f"a password without a marker:\n{change}"
        return markers, place + len(whole.encode())

    def lets_in(self, login, password):
        file = self.folder.with_suffix(f".whoami-{login}")
        file.touch(0o600)
        file.write_text(password)
        ran = self._run(["ldapwhoami", "-x", "-H", self.settings["LDAPS_URL"], "-D", self._dn(login), "-y", file])
        file.unlink()
        assert ran.returncode in (0, 49), ran.stderr  # 49: invalidCredentials
        return ran.returncode == 0

    def _as_root(self):
        s = self.settings
        return ["-x", "-LLL", "-o", "ldif-wrap=no", "-H", s["LDAPS_URL"], "-D", s["ROOT_DN"], "-y", s["ROOT_PW_FILE"]]

    def attribute(self, login, name):
        ran = self._run(["ldapsearch", *self._as_root(), "-b", self._dn(login), "-s", "base", name])
        assert ran.returncode == 0, ran.stderr
        values = [line.partition(": ")[2] for line in ran.stdout.splitlines() if line.startswith(name + ":")]
        return values[0] if values else ""

    def marker(self, login):
        return self.attribute(login, "sallyportMarker")

    def effects(self, login):
        """How often a password was set since the seeding, by slapd's own log of its changes."""
        changes = (self.folder / "changes.ldif").read_text().split("\n\n")
        mine = [c for c in changes if f"\ndn: {self._dn(login)}\nchangetype: modify\n" in c]
        return sum("\nreplace: userPassword\n" in c for c in mine)

    def locked(self, login):
        return self.attribute(login, "pwdAccountLockedTime") != "" or self.attribute(login, "pwdEndTime") != ""
