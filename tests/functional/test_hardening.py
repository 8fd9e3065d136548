"""What the programs are built with, and what a running daemon has given up."""

import re
import subprocess

import pytest

from framework.directories import Embedded
from framework.site import BIN, PATIENCE, Site

PROGRAMS = ("sallyport", "sallyportd", "sallyport-exec", "sallyport-audit")


def readelf(*words):
    return subprocess.run(["readelf", "-W", *words], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_hardened(programs, name):
    file = BIN / name
    assert re.search(r"Type:\s+DYN", readelf("-h", file)), "no position-independent executable"
    dynamic = readelf("-d", file)
    assert re.search(r"FLAGS_1.*\bNOW\b.*\bPIE\b", dynamic), "functions are bound lazily"
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic and "TEXTREL" not in dynamic
    segments = readelf("-l", file)
    assert "GNU_RELRO" in segments
    stack = re.search(r"GNU_STACK(?:\s+0x[0-9a-f]+){5}\s+(\S+)", segments)
    assert stack and stack[1] == "RW", "the stack is executable"
    assert not re.search(r"LOAD(?:\s+0x[0-9a-f]+){5}\s+RWE", segments), "memory that is written and executed"
    symbols = readelf("--dyn-syms", file)
    assert "__stack_chk_fail" in symbols, "no stack protector"
    if name != "sallyport-audit":  # which calls nothing of the C library that could overrun
        assert re.search(r"__\w+_chk\b", symbols), "no _FORTIFY_SOURCE"
    assert re.search(r"x86 feature:.*IBT.*SHSTK", readelf("-n", file)) or "x86" not in readelf("-h", file)


def status_of(process, thread=None):
    where = f"/proc/{process.child.pid}/task/{thread}" if thread else f"/proc/{process.child.pid}"
    with open(f"{where}/status") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


def test_every_thread_of_both_daemons_is_confined(embedded_site):
    for process in (embedded_site.daemon, embedded_site.executor):
        threads = subprocess.run(
            ["ls", f"/proc/{process.child.pid}/task"], check=True, capture_output=True, text=True
        ).stdout.split()
        assert threads
        for thread in threads:
            status = status_of(process, thread)
            assert status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1", thread
        assert "confined: files" in process.logged()


def test_no_daemon_leaves_a_core_file(embedded_site):
    for process in (embedded_site.daemon, embedded_site.executor):
        with open(f"/proc/{process.child.pid}/limits") as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]


def test_doing_without_is_asked_for_by_name_and_told(programs, tmp_path):
    class Bare(Site):
        sandbox = False

    site = Bare(tmp_path, Embedded(tmp_path, ["maya"]))
    try:
        for process in (site.daemon, site.executor):
            assert "not confined: the configuration says `sandbox: none`" in process.logged()
            assert status_of(process)["Seccomp"].strip() == "0"
        site.stop_processes()
        for name in ("sallyportd", "sallyport-exec"):
            configuration = site.folder / f"{name}.yaml"
            configuration.write_text(configuration.read_text().replace("sandbox: none", "sandbox: off"))
            refused = subprocess.run([BIN / name, configuration], capture_output=True, text=True, timeout=PATIENCE)
            assert refused.returncode != 0 and "`off` is no sandbox" in refused.stderr, refused
    finally:
        site.stop()


@pytest.mark.parametrize("name", ["sallyportd", "sallyport-exec"])
def test_secrets_are_never_kept_in_memory_that_cannot_be_locked(programs, tmp_path, name):
    """Without the right to lock more than its limit, 64 KiB are too little; with the usual limit it goes on."""
    config = tmp_path / "none.yaml"
    for limit, ends, says in ((64 << 10, 7, "cannot be locked"), (8 << 20, 1, "cannot open")):
        ran = subprocess.run(
            ["prlimit", f"--memlock={limit}:{limit}", "setpriv", "--bounding-set=-ipc_lock", BIN / name, config],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == ends and says in ran.stderr, ran.stderr
