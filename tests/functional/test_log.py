"""The ledger as a transparency log: any client of C2SP tlog-tiles reads it.

    /usr/bin/python3 -m pytest tests/functional/test_log.py
"""

import json

import pytest

from framework.directories import Embedded
from framework.site import Site
from framework.tlog import TiledLog

ENTRIES = 300  # a full tile, its hash in the tile above, and a part of another


@pytest.fixture(scope="module")
def site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    site = Site(folder, Embedded(folder, ["maya"]))
    try:
        while int(site.nobody().get("/log/checkpoint").text.split("\n")[1]) < ENTRIES:
            site.sign_in("rea")
        yield site
    finally:
        site.stop()


def log_of(site, client):
    def fetch(path):
        answer = client.get(f"/log/{path}")
        assert answer.status == 200, (path, answer)
        return answer.data

    return TiledLog(fetch, site.vkey)


def test_a_client_of_transparency_logs_reads_every_entry(site):
    log = log_of(site, site.staff["rea"])
    checkpoint = log.checkpoint()
    assert checkpoint[0] >= ENTRIES
    entries = log.entries(checkpoint)
    assert [json.loads(entry) for entry in entries] == site.entries()[: len(entries)]


def test_the_root_follows_from_the_tiles_alone(site):
    log = log_of(site, site.nobody())
    size, root = log.checkpoint()
    assert log.root_from_tiles(size) == root


def test_a_later_tree_has_grown_out_of_an_earlier_one(site):
    log = log_of(site, site.nobody())
    old = log.checkpoint()
    for _ in range(3):
        site.sign_in("rea")
        new = log.checkpoint()
        assert new[0] > old[0]
        log.consistent(old, new)
    early = log_of(site, site.nobody())
    assert early.root_from_tiles(new[0]) == new[1]


def test_hashes_are_anyones_and_entries_are_not(site):
    nobody = site.nobody()
    assert nobody.get("/log/checkpoint").status == 200
    assert nobody.get("/log/tile/0/000").status == 200
    assert nobody.get("/log/tile/entries/000").code == "token_missing"
    assert site.staff["tom"].get("/log/tile/entries/000").code == "role_missing"
    assert site.staff["rea"].get("/log/tile/entries/000").status == 200


def test_a_full_tile_may_be_kept_and_others_may_not(site):
    nobody = site.nobody()
    assert "immutable" in nobody.get("/log/tile/0/000").headers["Cache-Control"]
    assert nobody.get("/log/tile/0/000.p/17").headers["Cache-Control"] == "no-store"
    assert nobody.get("/log/checkpoint").headers["Cache-Control"] == "no-store"


def test_what_is_no_tile_is_not_found(site):
    nobody = site.nobody()
    for path in (
        "tile/0/0",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/x000/000",
        "tile/0/009",
        "tile/1/000",
        "tile/9/000",
        "tile/0/001",
        "tile/0",
        "tile",
        "tile/0/000/1",
    ):
        assert nobody.get(f"/log/{path}").status == 404, path
    assert len(nobody.get("/log/tile/0/000.p/17").data) == 17 * 32
    assert len(nobody.get("/log/tile/1/000.p/1").data) == 32
