"""Sites for the functional tests: real processes of SALLYPORT_BIN (default build/bin), loopback only."""

import shutil

import pytest

from framework.directories import Embedded, Slapd
from framework.site import BIN, Site

PEOPLE = ["maya", "noor", "olga", "pavel", "quinn"]


def pytest_addoption(parser):
    parser.addoption("--kill-points", type=int, default=1000, help="for test_kill.py: how often something is killed")
    parser.addoption("--fault-points", type=int, default=1, help="for test_nth_failure.py: of each row; 0: every call")
    parser.addoption("--power-cuts", type=int, default=2000, help="for test_power_cut.py: how many images are made")
    parser.addoption("--proxy-pairs", type=int, default=30, help="for test_fault_proxy.py: how many; there are 60")
    parser.addoption("--story", action="append", help="for test_stories_for_real.py: this file alone; may be repeated")


def pytest_report_header():
    return f"sallyport programs: {BIN}"


@pytest.fixture(scope="session")
def programs():
    for name in ("sallyport", "sallyportd", "sallyport-exec", "sallyport-audit"):
        if not (BIN / name).exists():
            pytest.fail(f"{name} is not built: scripts/build")


def need_slapd():
    if not shutil.which("slapd", path="/usr/sbin:/usr/bin:/sbin") or not shutil.which("ldapwhoami"):
        pytest.fail("slapd and ldap-utils are not installed: scripts/install test demo")


@pytest.fixture(scope="module")
def embedded_site(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    site = Site(folder, Embedded(folder, PEOPLE, locked=["quinn"]))
    yield site
    site.stop()


@pytest.fixture(scope="module")
def slapd(programs, tmp_path_factory):
    need_slapd()
    directory = Slapd(tmp_path_factory.mktemp("openldap") / "slapd")
    yield directory
    directory.stop()


@pytest.fixture(scope="module")
def slapd_site(slapd, tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("with-slapd"), slapd)
    yield site
    site.stop()
