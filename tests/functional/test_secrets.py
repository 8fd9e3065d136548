"""Canaries: after whole recoveries, no secret stands where it must not.

    /usr/bin/python3 -m pytest tests/functional/test_secrets.py
"""

import base64
import contextlib
import json
import sqlite3
import time

import pytest

from framework.canary import Canary
from framework.site import eventually, new_password, totp

PEOPLE = {"embedded_site": "maya", "slapd_site": "dana.reed"}


def test_the_search_itself_finds_each_form():
    canary = Canary("password", "correct horse battery")
    for shift in range(3):
        hidden = base64.b64encode(b"x" * shift + b"correct horse battery" + b"and more")
        assert canary.found_in(b"{" + hidden + b"}"), shift
    assert canary.found_in(b"..." + b"correct horse battery".hex().encode() + b"...")
    assert not canary.found_in(b"correct horse batter")
    assert Canary("code", "123456").found_in(b'"123456"')
    assert not Canary("code", "123456").found_in(b"9123456")


class Played:
    def __init__(self, site, login):
        self.site, self.canaries = site, []
        self.staff_answers = site.transcript
        keep = self.keep
        keep("old password", site.directory.passwords[login])
        address = site.directory.mail[login]
        drawer = site.enrol(login)
        keep("invitation", site.mail.code(address))
        keep("totp seed", drawer.seed)
        keep("totp seed, raw", base64.b32decode(drawer.seed + "=" * (-len(drawer.seed) % 8)).hex())
        for code in drawer.codes:
            keep("recovery code", code)
        used = drawer.codes[0]

        case = site.open(login)
        self.join_code = keep("join code", case.join_code)
        case.join()
        keep("claimant's token", case.claimant.token)
        refused = keep("refused password", "tiny 漢")
        mailed = case.mailed_code()
        keep("mailed code", mailed)
        case.give("totp", "000001")
        case.passes("mail_code", mailed)
        keep("replacement", case.passes("recovery_code", used)["replacement"])
        case.seal(refused)
        case.approve()
        eventually(lambda: case.view()["message"], "the password is refused")
        self.password = keep("new password", new_password())
        case.seal(self.password)
        assert case.wait_closed()["result"] == "done"

        unlock = site.open(login, "unlock").join()  # a second case, with the authenticator
        code = keep("totp code", totp(drawer.seed))
        unlock.passes("totp", code)
        assert unlock.wait_closed()["result"] == "done"
        self.join_code_2 = keep("second join code", unlock.join_code)
        for name, client in site.staff.items():
            keep(f"{name}'s token", client.token)
        for path in ("", "/timeline", "/statement"):
            site.staff["ada"].get(f"/v1/cases/{case.id}{path}")
        site.root.get("/v1/ledger/entries?from=0&count=256")
        site.root.get("/v1/staff")
        self.ledger = site.export("secrets.sallyport")
        self.bind_password = site.directory.settings["BIND_PW_FILE"] if hasattr(site.directory, "settings") else None

    def keep(self, name, text):
        self.canaries.append(Canary(name, text))
        return text

    def leaks(self, data, but=()):
        return [c.name for c in self.canaries if c.name not in but and c.found_in(data)]


@pytest.fixture(scope="module", params=list(PEOPLE))
def played(request):
    return Played(request.getfixturevalue(request.param), PEOPLE[request.param])


def test_no_secret_is_logged(played):
    for process in (played.site.daemon, played.site.executor):
        data = process.log.read_bytes()
        assert data, "there is no log to search"
        assert not played.leaks(data)


def test_no_secret_is_in_the_ledger(played):
    assert not played.leaks(played.ledger.read_bytes())
    entries = json.dumps(played.site.entries(), ensure_ascii=False).encode()
    assert b"outcome_recorded" in entries
    assert not played.leaks(entries)


def test_staff_are_told_no_secret_but_the_join_code_once(played):
    told = [text for text in played.staff_answers]
    assert any(played.join_code in text for text in told)
    for text in told:
        assert not played.leaks(text.encode(), but=("join code", "second join code"))
    for code in (played.join_code, played.join_code_2):
        assert sum(code in text for text in told) == 1


def test_no_secret_lies_open_in_the_store(played):
    """The database, its write-ahead log and its lock: seeds and codes only sealed, the password not at all."""
    files = [p for p in played.site.folder.iterdir() if p.name.startswith("ledger.sqlite")]
    assert any(p.name == "ledger.sqlite" for p in files)
    for file in files:
        assert not played.leaks(file.read_bytes()), file.name


def test_what_was_sealed_or_mailed_for_a_case_is_gone_when_the_case_has_ended(played):
    with contextlib.closing(sqlite3.connect(f"file:{played.site.folder}/ledger.sqlite?mode=ro", uri=True)) as store:
        keys = [bytes(key).decode() for (key,) in store.execute("SELECT key FROM secret")]
    assert [k for k in keys if k.startswith("private/")], "the search finds what is kept"
    assert not [k for k in keys if k.startswith(("sealed/", "mailcode/"))]


def test_the_password_is_nowhere_in_the_sites_folder(played):
    canary = Canary("new password", played.password)
    for file in played.site.folder.rglob("*"):
        if file.is_file():
            assert not canary.found_in(file.read_bytes()), file


def test_no_secret_is_an_argument_or_a_variable_of_a_process(played):
    for process in (played.site.daemon, played.site.executor):
        proc = f"/proc/{process.child.pid}"
        with open(f"{proc}/cmdline", "rb") as words:
            assert not played.leaks(words.read())
        try:
            with open(f"{proc}/environ", "rb") as variables:
                assert not played.leaks(variables.read())
        except PermissionError:
            pass  # hardened: nobody but root may look


def test_what_holds_secrets_is_for_its_owner_alone(played):
    for file in played.site.folder.rglob("*"):
        public = file.name in ("ledger.vkey", "ledger.genesis", "ca.pem") or file.is_socket()
        if not public:
            assert file.stat().st_mode & 0o077 == 0, file


def memory_of(process):
    """What the process can write to, with the place where it begins; of pages that are empty one byte stands there."""
    with open(f"/proc/{process.child.pid}/maps") as maps, open(f"/proc/{process.child.pid}/mem", "rb", 0) as memory:
        for line in maps:
            where, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(word, 16) for word in where.split("-"))
            with contextlib.suppress(OSError):  # pages that were not there any more
                memory.seek(begin)
                data = memory.read(end - begin)
                pages = (data[at : at + 4096] for at in range(0, len(data), 4096))
                yield line.rstrip(), b"".join(page if page.strip(b"\0") else b"\0" for page in pages)


def test_a_secret_is_nowhere_in_memory_a_second_after_it_was_used(played):
    there = Canary("origin", played.site.origin)
    time.sleep(1)
    found = set()
    for process in (played.site.daemon, played.site.executor):
        control = False
        for where, data in memory_of(process):
            control = control or there.found_in(data)
            found |= {(process.log.name, where, c.name) for c in played.canaries if c.found_in(data)}
        assert control or process is played.site.executor, "the search finds what is there"
    assert not found


def locked_and_left_out_of_core_images(process):
    """Where the mappings begin of which the kernel says `lo` (locked) and `dd` (not in a core image)."""
    out, begin = set(), None
    with open(f"/proc/{process.child.pid}/smaps") as lines:
        for line in lines:
            head = line.split("-")[0]
            if line[0] in "0123456789abcdef":
                begin = head
            elif line.startswith("VmFlags:") and {"lo", "dd"} <= set(line.split()[1:]):
                out.add(begin)
    return out


def test_keys_lie_in_locked_pages_and_nowhere_else(played):
    keys = played.site.folder / "keys"
    for process, names in ((played.site.daemon, ("ledger", "store")), (played.site.executor, ("executor",))):
        locked = locked_and_left_out_of_core_images(process)
        for name in names:
            text = (keys / f"{name}.key").read_text().strip()
            places = {
                where.split("-")[0]
                for where, data in memory_of(process)
                if bytes.fromhex(text) in data or text.encode() in data
            }
            assert places, f"{name}: the search finds what is there"
            assert places <= locked, (name, places - locked)
