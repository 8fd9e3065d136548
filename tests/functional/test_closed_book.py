"""The ledger is enough: every ruling and every view follow from it, without views and without secrets.

    /usr/bin/python3 -m pytest tests/functional/test_closed_book.py
"""

import sqlite3
import subprocess
import shutil

import pytest

from framework.directories import Embedded
from framework.site import BIN, Site, new_password


@pytest.fixture(scope="module")
def finished(programs, tmp_path_factory):
    """A site with some history, stopped: done, failed door one, cancelled, denied, signed out."""
    folder = tmp_path_factory.mktemp("closed-book")
    site = Site(folder, Embedded(folder, ["maya", "noor", "olga"], locked=["olga"]))
    try:
        drawer = site.enrol("maya")
        done = site.open("maya").join()
        done.give("recovery_code", "0000-0000-0000-0000-0000-0000")
        done.prove(drawer)
        done.seal(new_password())
        done.approve()
        assert done.wait_closed()["result"] == "done"
        unlocked = site.open("olga", "unlock").join()
        unlocked.passes("mail_code", unlocked.mailed_code())
        assert unlocked.wait_closed()["result"] == "done"
        assert site.open("noor").cancel().status == 200
        denied = site.open("noor").join()
        site.staff["ada"].post_ok(f"/v1/cases/{denied.id}/denials", {"detail": "no"})
        site.open("noor").join()  # stays open
        site.staff["tess"].post_ok("/v1/sign-out", status=204)
        site.change({"remove": "tess"})
        site.ledger_file = site.export()
        site.stop_processes()
        yield site
    finally:
        site.stop()


def rows(path, table):
    with sqlite3.connect(path) as db:
        return dict(db.execute(f"SELECT key, value FROM {table}"))


def copy_of(site, tmp_path):
    """The stopped site, copied whole."""
    copy = tmp_path / "copy"
    shutil.copytree(site.folder, copy)
    return copy


def empty(database, *tables):
    with sqlite3.connect(database) as db:
        for table in tables:
            db.execute(f"DELETE FROM {table}")
    db.close()


def rebuild(folder):
    return subprocess.run([BIN / "sallyport", "rebuild", folder], capture_output=True, text=True, timeout=90)


def test_views_made_again_are_the_same(finished, tmp_path):
    copy = copy_of(finished, tmp_path)
    database = copy / "ledger.sqlite"
    before = rows(database, "view")
    assert len(before) > 20
    secrets = rows(database, "secret")
    empty(database, "view")
    ran = rebuild(copy)
    assert ran.returncode == 0, ran.stderr
    assert rows(database, "view") == before
    assert rows(database, "secret") == secrets


def test_rebuilding_throws_away_what_the_ledger_does_not_say(finished, tmp_path):
    copy = copy_of(finished, tmp_path)
    database = copy / "ledger.sqlite"
    before = rows(database, "view")
    with sqlite3.connect(database) as db:
        db.execute("INSERT INTO view VALUES (CAST('token/forged' AS BLOB), CAST('{}' AS BLOB))")
        db.execute("UPDATE view SET value = CAST('x' AS BLOB) WHERE key LIKE 'case/%'")
    db.close()
    assert rebuild(copy).returncode == 0
    assert rows(database, "view") == before


def test_every_ruling_follows_from_the_ledger_alone(finished, tmp_path):
    """No view, no secret: the site rebuilds, starts, and exports a ledger that rules the same."""
    copy = copy_of(finished, tmp_path)
    empty(copy / "ledger.sqlite", "view", "secret")
    assert rebuild(copy).returncode == 0
    before = finished.verify(finished.ledger_file)
    assert before["sound"] and before["executed"] == 2

    original = finished.folder
    aside = original.with_name("aside")
    original.rename(aside)
    copy.rename(original)
    try:
        finished.start()
        again = finished.export("again.sallyport")
        finished.stop_processes()
    finally:
        finished.stop_processes()
        shutil.rmtree(original)
        aside.rename(original)
    after = finished.verify(again)
    assert after["sound"], after["findings"]
    assert {k: after[k] for k in ("cases", "permitted", "executed")} == {
        k: before[k] for k in ("cases", "permitted", "executed")
    }
    assert after["entries"] == before["entries"] + 1  # the auditor signed in once more


def test_a_running_site_is_not_rebuilt(finished):
    finished.start()
    try:
        ran = rebuild(finished.folder)
        assert ran.returncode != 0
        assert "writes the ledger" in ran.stderr
    finally:
        finished.stop_processes()


def test_a_changed_entry_is_not_rebuilt_upon(finished, tmp_path):
    """One letter of one stored entry: neither the auditor nor the rebuild takes it for the ledger."""
    copy = copy_of(finished, tmp_path)
    with sqlite3.connect(copy / "ledger.sqlite") as db:
        ((idx, body),) = db.execute("SELECT idx, body FROM entry WHERE CAST(body AS TEXT) LIKE '%approval_recorded%'")
        db.execute("UPDATE entry SET body = ? WHERE idx = ?", (body.replace(b'"ada"', b'"eva"'), idx))
    db.close()
    ran = rebuild(copy)
    assert ran.returncode != 0, ran.stdout
