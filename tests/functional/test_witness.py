"""A witness as a log meets it: C2SP tlog-witness and tlog-cosignature, read from the standards.

    /usr/bin/python3 -m pytest tests/functional/test_witness.py

The program is a CGI program, so each request is one process; a web server in front of it is somebody else's.
"""

import base64
import concurrent.futures
import hashlib
import http.server
import json
import os
import random
import subprocess
import threading
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from framework.directories import Embedded
from framework.site import BIN, Site
from framework.tlog import mth, sha256

ORIGIN = "ledger.example.org/test"
WITNESS = "witness.example.org/w1"


def raw(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def b64(data):
    return base64.b64encode(data).decode()


class Log:
    """A log that signs what it likes."""

    def __init__(self, name=ORIGIN, seed=b"\1"):
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(seed * 32)
        self.id = sha256(name.encode() + b"\n\1" + raw(self.key))[:4]
        self.leaves = []

    def grow(self, count, salt=b""):
        for _ in range(count):
            self.leaves.append(sha256(b"\0" + salt + str(len(self.leaves)).encode()))
        return self

    @property
    def vkey(self):
        return self.name + "+" + self.id.hex() + "+" + b64(b"\1" + raw(self.key))

    def root(self, size):
        return mth(self.leaves[:size]) if size else sha256(b"")

    def body(self, size):
        return f"{self.name}\n{size}\n{b64(self.root(size))}\n"

    def checkpoint(self, size):
        body = self.body(size)
        return body + f"\n\N{EM DASH} {self.name} {b64(self.id + self.key.sign(body.encode()))}\n"

    def proof(self, old, new):
        """RFC 6962 section 2.1.2."""

        def sub(m, begin, end, whole):
            if m == end - begin:
                return [] if whole else [mth(self.leaves[begin:end])]
            k = 1 << ((end - begin - 1).bit_length() - 1)
            if m <= k:
                return sub(m, begin, begin + k, whole) + [mth(self.leaves[begin + k : end])]
            return sub(m - k, begin + k, end, False) + [mth(self.leaves[begin : begin + k])]

        return sub(old, 0, new, True) if 0 < old < new else []

    def request(self, old, new, proof=None):
        lines = [f"old {old}", *(b64(h) for h in (self.proof(old, new) if proof is None else proof)), ""]
        return "\n".join(lines) + "\n" + self.checkpoint(new)


class Witness:
    def __init__(self, folder, *logs):
        folder.mkdir(exist_ok=True)
        self.state = folder / "state"
        self.state.mkdir()
        self.key_file = folder / "witness.key"
        self.key_file.touch(0o600)
        self.key_file.write_bytes(b"\7" * 32)
        self.logs = folder / "logs"
        self.logs.write_text("".join(log.vkey + "\n" for log in logs))
        self.vkey = subprocess.run(
            [*self.words(), "--show-key"], check=True, capture_output=True, text=True, timeout=60
        ).stdout.strip()
        name, key_id, key = self.vkey.split("+", 2)
        public = base64.b64decode(key)
        assert name == WITNESS and public[0] == 4, "an Ed25519 key for cosignatures"
        self.id = sha256(name.encode() + b"\n" + public)[:4]
        assert self.id.hex() == key_id
        self.key = Ed25519PublicKey.from_public_bytes(public[1:])

    def words(self):
        return [
            str(word)
            for word in (
                BIN / "sallyport-audit",
                "witness",
                "--state",
                self.state,
                "--key-file",
                self.key_file,
                "--name",
                WITNESS,
                "--logs",
                self.logs,
            )
        ]

    def start(self, body, method="POST"):
        environment = dict(os.environ, REQUEST_METHOD=method, CONTENT_LENGTH=str(len(body.encode())))
        return subprocess.Popen(
            self.words(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )

    def ask(self, body, method="POST"):
        """(status, headers, body)"""
        out, _ = self.start(body, method).communicate(body.encode(), timeout=60)
        return self.read(out)

    @staticmethod
    def read(out):
        head, body = out.decode().split("\r\n\r\n", 1)
        headers = dict(line.split(": ", 1) for line in head.split("\r\n"))
        assert int(headers["Content-Length"]) == len(body.encode())
        return int(headers["Status"].split()[0]), headers, body

    def seen_at(self, line, body):
        """The time of a cosignature, once it is verified."""
        dash, name, payload = line.rstrip("\n").split(" ")
        data = base64.b64decode(payload, validate=True)
        assert (dash, name, data[:4], len(data)) == ("\N{EM DASH}", WITNESS, self.id, 76)
        seen = int.from_bytes(data[4:12], "big")
        self.key.verify(data[12:], f"cosignature/v1\ntime {seen}\n{body}".encode())
        return seen

    def remembered(self, log):
        path = self.state / hashlib.sha256(log.name.encode()).hexdigest()
        return int(path.read_text().split("\n")[1]) if path.exists() else 0


@pytest.fixture
def log():
    return Log().grow(40)


@pytest.fixture
def witness(log, tmp_path):
    return Witness(tmp_path, log)


def test_a_checkpoint_is_cosigned_with_the_time_at_which_it_was_seen(witness, log):
    before = int(time.time())
    status, _, line = witness.ask(log.request(0, 13))
    assert status == 200
    assert before <= witness.seen_at(line, log.body(13)) <= int(time.time()) + 1
    with pytest.raises(InvalidSignature):
        witness.seen_at(line, log.body(14))
    assert witness.remembered(log) == 13


def test_it_follows_a_log_that_grows(witness, log):
    sizes = [1, 2, 3, 7, 8, 9, 31, 40]
    for old, new in zip([0, *sizes], sizes):
        status, _, line = witness.ask(log.request(old, new))
        assert status == 200, (old, new, line)
        witness.seen_at(line, log.body(new))
    assert witness.ask(log.request(40, 40))[0] == 200, "the same again, to have its cosignature"


def test_another_old_size_is_told_which_one_is_remembered(witness, log):
    assert witness.ask(log.request(0, 13))[0] == 200
    for old, new in ((0, 20), (12, 20), (14, 20)):
        status, headers, body = witness.ask(log.request(old, new))
        assert (status, headers["Content-Type"], body) == (409, "text/x.tlog.size", "13\n")
    assert witness.ask(log.request(13, 12))[0] == 400, "a smaller one than the old"
    assert witness.remembered(log) == 13


def test_a_fork_is_not_cosigned(witness, log):
    assert witness.ask(log.request(0, 13))[0] == 200
    fork = Log().grow(40, b"another history")
    assert witness.ask(fork.request(13, 20))[0] == 422
    assert witness.ask(fork.request(13, 13))[0] == 409
    assert witness.ask(fork.request(0, 20))[0] == 409
    assert witness.ask(log.request(13, 20, proof=fork.proof(13, 20)))[0] == 422
    assert witness.ask(log.request(13, 20, proof=[]))[0] == 422
    assert witness.remembered(log) == 13
    assert witness.ask(log.request(13, 20))[0] == 200


def test_a_smaller_tree_after_a_larger_one_is_not_cosigned(witness, log):
    assert witness.ask(log.request(0, 30))[0] == 200
    assert witness.ask(log.request(0, 20))[0] == 409
    assert witness.ask(log.request(20, 20))[0] == 409
    assert witness.ask(log.request(30, 20))[0] == 400


def test_strangers_are_refused(witness, log):
    assert witness.ask(Log("other.example.org", b"\1").grow(3).request(0, 3))[0] == 404
    assert witness.ask(Log(seed=b"\2").grow(3).request(0, 3))[0] == 403
    assert witness.ask(log.request(0, 3), method="GET")[0] == 405
    assert witness.remembered(log) == 0


def test_what_is_no_request_is_said_to_be_none(witness, log):
    good = log.request(0, 3)
    for bad in (
        "",
        "old\n",
        "old 00\n\n" + log.checkpoint(3),
        "old -1\n\n" + log.checkpoint(3),
        "old 0\nnonsense\n\n" + log.checkpoint(3),
        "old 0\n" + log.checkpoint(3).replace("\n\n", "\n"),
        "old 0\n" + (b64(b"\0" * 32) + "\n") * 64 + "\n" + log.checkpoint(3),
        "old 0\n\n" + log.checkpoint(3).replace("\n3\n", "\n03\n"),
    ):
        assert witness.ask(bad)[0] in (400, 403), bad
    assert witness.remembered(log) == 0
    assert witness.ask(good)[0] == 200


def test_what_cannot_be_remembered_is_not_cosigned(witness, log):
    path = witness.state / hashlib.sha256(log.name.encode()).hexdigest()
    path.write_text("no checkpoint\n")
    status, _, body = witness.ask(log.request(0, 3))
    assert status == 500
    assert "\N{EM DASH}" not in body


def test_of_many_at_once_none_rolls_the_witness_back(witness, log):
    assert witness.ask(log.request(0, 5))[0] == 200
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda size: (size, witness.ask(log.request(5, size))[0]), range(6, 22)))
    cosigned = [size for size, status in answers if status == 200]
    assert len(cosigned) == 1, answers
    assert witness.remembered(log) == cosigned[0]


def test_killed_at_any_moment_it_has_remembered_what_it_answered(tmp_path):
    """kill -9 between check and answer: whatever was cosigned is on the disk, and it never goes back."""
    log = Log().grow(200)
    witness = Witness(tmp_path, log)
    seed = random.Random(20261127)
    size, answered = 0, 0
    for _ in range(80):
        new = size + 1 + seed.randrange(2)
        body = log.request(size, new)
        process = witness.start(body)
        process.stdin.write(body.encode())
        process.stdin.close()
        process.stdin = None
        time.sleep(seed.random() * 0.03)
        process.kill()
        out, _ = process.communicate(timeout=60)
        remembered = witness.remembered(log)
        assert remembered in (size, new)
        if b"\r\n\r\n" in out and Witness.read(out)[0] == 200:
            answered += 1
            assert remembered == new, "answered, and not remembered"
        size = remembered
    assert witness.ask(log.request(size, 200))[0] == 200
    assert size > 0


def test_a_key_that_others_may_read_is_not_used(witness):
    witness.key_file.chmod(0o644)
    ran = subprocess.run([*witness.words(), "--show-key"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 3
    assert "may be read by others" in ran.stderr


# -- a ledger and its witness -------------------------------------------------------------------


class LedgerOf:
    """A site's ledger, as a witness knows it: by its key."""

    def __init__(self, site):
        self.name, self.vkey = site.vkey.split("+", 1)[0], site.vkey


class WebServer:
    """The web server in front of a witness."""

    def __init__(self, witness):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                known = self.path == "/w1/add-checkpoint"
                status, headers, text = witness.ask(body) if known else (404, {"Content-Type": "text/plain"}, "")
                self.send_response(status)
                self.send_header("Content-Type", headers["Content-Type"])
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/w1/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def watched(programs, tmp_path_factory):
    """A site, and a witness that knows its ledger."""
    folder = tmp_path_factory.mktemp("watched")
    site = Site(folder, Embedded(folder, ["maya"]))
    site.witness = Witness(folder / "witness", LedgerOf(site))
    web = WebServer(site.witness)
    site.witness_url = web.url
    try:
        site.export()  # signs the auditor in
        yield site
    finally:
        web.stop()
        site.stop()


def cosign(site, name, key=None):
    out = site.base / name
    ran = site.command(
        *("--json", "audit", "cosign", out, "--key", site.vkey),
        *("--witness", site.witness_url, "--witness-key", key or site.witness.vkey),
    )
    return ran, out


def verify(site, file, *options):
    return subprocess.run(
        [BIN / "sallyport-audit", "verify", file, "--key", site.vkey, "--json", *options],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_ledger_is_followed_by_its_witness_and_audited_against_what_it_saw(watched):
    witnesses = watched.base / "witnesses"
    witnesses.write_text(watched.witness.vkey + "\n")
    for name in ("first", "second", "third"):
        ran, out = cosign(watched, name)
        assert ran.returncode == 0, ran.stderr
        size = json.loads(ran.stdout)["size"]
        assert watched.witness.remembered(LedgerOf(watched)) == size
        body, signatures = out.read_text().rsplit("\n\n", 1)
        watched.witness.seen_at(signatures.splitlines()[1], body + "\n")
        watched.sign_in("tom")  # and it grows
        ran = verify(watched, watched.export(), "--since", out, "--witnesses", witnesses)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert json.loads(ran.stdout)["witnesses"] == 1


def test_a_checkpoint_that_no_witness_saw_is_not_enough(watched):
    ran, out = cosign(watched, "seen")
    assert ran.returncode == 0, ran.stderr
    file = watched.export()
    stranger = Ed25519PrivateKey.from_private_bytes(b"\3" * 32)
    public = b"\4" + raw(stranger)
    name = "witness.example.org/w2"
    other = name + "+" + sha256(name.encode() + b"\n" + public)[:4].hex() + "+" + b64(public)
    both = watched.base / "both"
    both.write_text(f"{watched.witness.vkey}\n{other}\n{watched.witness.vkey}\n")
    assert verify(watched, file, "--since", out, "--witnesses", both, "--quorum", "1").returncode == 0
    ran = verify(watched, file, "--since", out, "--witnesses", both)
    assert ran.returncode == 1
    assert "cosigned by 1 of 2 witnesses, and 2 have to have seen it" in ran.stderr
    forged = watched.base / "forged"
    text = out.read_text()
    line = text.splitlines()[-1]
    flipped = line[:-6] + ("A" if line[-6] != "A" else "B") + line[-5:]
    forged.write_text(text.replace(line, flipped))
    ran = verify(watched, file, "--since", forged, "--witnesses", both, "--quorum", "1")
    assert ran.returncode == 1
    assert "is wrong" in ran.stderr
    ran, _ = cosign(watched, "unknown", key=other)
    assert ran.returncode != 0
    assert "no signature of witness.example.org/w2" in ran.stderr


def test_a_witness_that_saw_more_than_the_ledger_has_stops_the_auditor(watched):
    path = watched.witness.state / hashlib.sha256(LedgerOf(watched).name.encode()).hexdigest()
    kept = path.read_text() if path.exists() else None
    origin = LedgerOf(watched).name
    path.write_text(f"{origin}\n100000\n{b64(sha256(b'more'))}\n")
    try:
        ran, out = cosign(watched, "rolled-back")
        assert ran.returncode != 0
        assert "it was rolled back" in ran.stderr
        assert not out.exists()
    finally:
        path.unlink() if kept is None else path.write_text(kept)


def test_what_witnesses_say_of_a_checkpoint_inside_the_file_is_checked(watched):
    witnesses = watched.base / "witnesses"
    witnesses.write_text(watched.witness.vkey + "\n")
    ran, seen = cosign(watched, "inside")
    assert ran.returncode == 0, ran.stderr
    size = json.loads(ran.stdout)["size"]
    plain = watched.export()  # which signs in, and so it grows
    ran = verify(watched, plain, "--witnesses", witnesses)
    assert ran.returncode == 1
    assert "is cosigned by 1 of 1 witnesses: 0 cosigned one" in ran.stdout
    assert json.loads(ran.stdout)["findings"][0]["kind"] == "witness"

    def exported(cosigned):
        out = watched.base / "cosigned.sallyport"
        out.unlink(missing_ok=True)
        ran = watched.command("audit", "export", out, "--key", watched.vkey, "--cosigned", cosigned)
        assert ran.returncode == 0, ran.stderr
        return out

    ran = verify(watched, exported(seen), "--witnesses", witnesses)
    assert ran.returncode == 0, ran.stdout
    told = json.loads(ran.stdout)
    assert (told["witnesses"], told["witnessed"], told["checkpoints"]) == (1, size, 2)
    ran, latest = cosign(watched, "latest")
    ran = verify(watched, exported(latest), "--witnesses", witnesses)
    told = json.loads(ran.stdout)
    assert (ran.returncode, told["witnessed"], told["checkpoints"]) == (0, told["entries"], 1)

    text = seen.read_text()
    line = text.splitlines()[-1]
    forged = watched.base / "forged-inside"
    forged.write_text(text.replace(line, line[:-6] + ("A" if line[-6] != "A" else "B") + line[-5:]))
    file = exported(forged)
    ran = verify(watched, file, "--witnesses", witnesses)
    assert ran.returncode == 1
    assert f"entries: the cosignature of {WITNESS} is wrong" in ran.stdout
    assert verify(watched, file).returncode == 0, "whose name nobody gave, nobody asks"
    # Also when what has to be cosigned is another one.
    ran = verify(watched, file, "--witnesses", witnesses, "--since", latest)
    assert ran.returncode == 1 and "is wrong" in ran.stdout


def test_a_bundle_has_to_be_cosigned_when_witnesses_are_named(watched):
    witnesses = watched.base / "witnesses"
    witnesses.write_text(watched.witness.vkey + "\n")
    watched.enrol("maya")
    case = watched.open("maya").id
    ran, latest = cosign(watched, "of-bundle")
    assert ran.returncode == 0, ran.stderr
    bundle = watched.base / "case.bundle"
    ran = watched.command("audit", "export", "--case", case, bundle, "--key", watched.vkey)
    assert ran.returncode == 0, ran.stderr
    ran = verify(watched, bundle, "--witnesses", witnesses)
    assert ran.returncode == 1 and "is cosigned by 0 of 1 witnesses" in ran.stdout
    assert verify(watched, bundle).returncode == 0
    head, rest = bundle.read_bytes().split(b"\ncheckpoint ", 1)
    length = int(rest.split(b" ")[0])
    after = rest.split(b"\n", 1)[1][length:]

    def with_note(note):
        note = note.encode()
        out = watched.base / "cosigned.bundle"
        out.write_bytes(
            head + b"\ncheckpoint %d %s\n" % (len(note), hashlib.sha256(note).hexdigest().encode()) + note + after
        )
        return out

    text = latest.read_text()
    assert verify(watched, with_note(text), "--witnesses", witnesses).returncode == 0
    line = text.splitlines()[-1]
    ran = verify(watched, with_note(text.replace(line, line[:-6] + ("A" if line[-6] != "A" else "B") + line[-5:])),
                 "--witnesses", witnesses)
    assert ran.returncode == 1 and "is wrong" in ran.stdout
