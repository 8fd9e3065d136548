#!/usr/bin/env python3
"""The measuring of scripts/bench: starts what is needed in a temporary folder, asks bench_load, prints a table.

Only processes that were started here are stopped, by their ids.
"""
import argparse
import json
import os
import platform
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PARTS = ("sizes", "disk", "decide", "prove", "drills", "embedded", "openldap", "openldap-argon2", "audit", "start")
PROGRAMS = ("sallyportd", "sallyport-exec", "sallyport", "sallyport-audit")
USERS = "1,16,64"
BASE = "dc=alderfinch,dc=example"  # of tests/servers/openldap.sh
LOG_KEY = 1  # of bench_make_ledger
TITLES = {
    "embedded": "embedded directory",
    "openldap": "OpenLDAP, passwords hashed with SSHA",
    "openldap-argon2": "OpenLDAP, passwords hashed with Argon2",
}
CALLS = (
    "open",
    "join",
    "totp",
    "recovery_code",
    "executor_key",
    "seal",
    "statement",
    "approve",
    "outcome",
    "whole case",
)


def run(*words, ends=(0,), **options):
    done = subprocess.run(
        [str(w) for w in words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options
    )
    if done.returncode not in ends:
        raise RuntimeError(
            f"{shlex.join(str(w) for w in words[:3])}: {done.stderr.strip() or done.stdout.strip()}"[:2000]
        )
    return done.stdout


def timed(*words, ends=(0,)):
    """Output, elapsed seconds, CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    out = run(*words, ends=ends)
    elapsed = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return out, elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Bench:
    def __init__(self, root, folder, quick):
        self.root, self.folder, self.quick = root, folder, quick
        self.bin = root / "build/bin"
        self.accounts = 3000 if quick else 8000  # each serves twice, and once more every 30 s: codes are good once
        self.seconds = 5 if quick else 15
        self.entries = 100_000 if quick else 1_000_000

    def load(self, *arguments):
        return json.loads(run(self.bin / "bench_load", *arguments))

    def sizes(self):
        out = {}
        for name in PROGRAMS:
            stripped = self.folder / f"{name}.stripped"
            run("strip", "-o", stripped, self.bin / name)
            out[name] = stripped.stat().st_size
            stripped.unlink()
        return out

    def disk(self):
        out = self.load("fdatasync", self.folder / "flushed", 2 if self.quick else 5)
        (self.folder / "flushed").unlink()
        out["es256_verifications_per_s"] = self.es256_verifications_per_s()
        return out

    def decide(self):
        return {"sizes": json.loads(run(self.bin / "bench_decide")), "peers": self.peers()}

    def peers(self):
        """Two engines of others on the same policies and requests; an answer of theirs that is not ours is an error."""
        packages = self.root / "tests/peers"
        for name, version in json.loads((packages / "package.json").read_text())["dependencies"].items():
            installed = packages / "node_modules" / name / "package.json"
            if not installed.exists() or json.loads(installed.read_text())["version"] != version:
                return {"not_measured": f"{name} {version} is not there; scripts/peers installs it"}
        check = [self.root / "scripts/peers", "--check"]
        can_run = subprocess.run(check, stderr=subprocess.PIPE, text=True, check=False)
        if can_run.returncode != 0:
            return {"not_measured": can_run.stderr.strip()}
        folder = self.folder / "peers"
        folder.mkdir()
        run(self.bin / "bench_decide", "--emit", folder)
        return json.loads(run("node", self.root / "tests/bench/peers.mjs", folder))

    def prove(self):
        return json.loads(run(self.bin / "bench_prove"))

    def drills(self):
        sallyport, policies = self.bin / "sallyport", self.root / "examples/policies"
        stories = [
            path for path in sorted(self.root.glob("tests/stories/*/*.scn")) if "\npending:" not in path.read_text()
        ]
        play = [sallyport, "--json", "story", "play"]
        _, first, _ = timed(*play, stories[0])  # proves the policy, too
        rounds = 5
        told, whole, _ = timed(*play, *stories * rounds)
        assert all(story["as_told"] for story in json.loads(told))
        drilled = []
        policy = policies / "regulated-enterprise.yaml"
        given = (policies / "regulated-enterprise.organization.yaml").read_text()
        for people, departments in ((10_000, 20), (100_000, 200)):
            organization = self.folder / f"people-{people}.yaml"
            organization.write_text(in_departments(given, people, departments))
            _, seconds, _ = timed(
                sallyport, "--json", "drill", "run", "--policy", policy, "--organization", organization, ends=(0, 1)
            )
            drilled.append({"people": people, "kinds": organization.read_text().count("count:"), "s": seconds})
        ledger = self.ledger()
        key = (self.folder / "made.vkey").read_text().strip()
        draft = self.root / "examples/policies/demo.yaml"
        replayed = json.loads(run(self.bin / "bench_replay", ledger, key, draft, 100_000 if self.quick else 1_000_000))
        return {
            "stories": len(stories) * rounds,
            "stories_s": max(whole - first, 1e-9),
            "first_s": first,
            "drills": drilled,
            "replay": replayed,
        }

    def es256_verifications_per_s(self):
        speed = run("openssl", "speed", "-seconds", "2", "-mr", "ecdsap256")
        # "+F4:index:bits:seconds per signature:seconds per verification", or operations per second in newer ones
        found = re.search(r"^\+F4:\d+:256:([0-9.e-]+):([0-9.e-]+)", speed, re.M)
        verify = float(found.group(2))
        return verify if verify > 1 else 1 / verify

    def cases(self, name, slapd_pid, directory_arguments):
        site = self.folder / name
        site.mkdir(mode=0o700)
        return self.load("cases", self.bin, site, self.accounts, USERS, self.seconds, slapd_pid, *directory_arguments)

    def embedded(self):
        seed = self.folder / "accounts.json"
        seed.touch(mode=0o600)
        seed.write_text(
            json.dumps(
                {
                    "accounts": [
                        {
                            "login": f"bench{n}",
                            "display_name": f"Bench {n}",
                            "mail": f"bench{n}@private.example",
                            "employee_number": str(n),
                            "groups": [f"Team {n // 20}"],
                            "employment": "employee",
                            "password": f"starting-password-{n}",
                            "locked": False,
                            "active": True,
                        }
                        for n in range(self.accounts)
                    ]
                }
            )
        )
        # One round of password hashing: what is measured is Sallyport, not PBKDF2.
        return self.cases("embedded", 0, ["--embedded-seed", seed, "--embedded-kdf-iterations", "1"])

    def people(self, scheme):
        options = ["-o", "module-path=/usr/lib/ldap", "-o", "module-load=argon2"] if scheme == "{ARGON2}" else []
        hashed = run("/usr/sbin/slappasswd", "-h", scheme, *options, "-s", "a starting password of nobody").strip()
        for login in [f"{kind}{n}" for kind in ("bench", "plain") for n in range(self.accounts)]:
            yield (
                f"dn: uid={login},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {login}\n"
                f"cn: {login}\nsn: {login}\nmail: {login}@private.example\n"
                f"employeeNumber: {login}\nemployeeType: employee\nuserPassword: {hashed}\n\n"
            )
        for team in range(0, self.accounts, 20):
            members = "".join(
                f"member: uid=bench{n},ou=people,{BASE}\n" for n in range(team, min(team + 20, self.accounts))
            )
            yield (
                f"dn: cn=Team {team // 20},ou=groups,{BASE}\nobjectClass: groupOfNames\n"
                f"cn: Team {team // 20}\n{members}\n"
            )

    def openldap(self):
        return self.slapd("{SSHA}", "openldap")

    def openldap_argon2(self):
        return self.slapd("{ARGON2}", "openldap-argon2")

    def slapd(self, scheme, name):
        state = self.folder / name
        script = self.root / "tests/servers/openldap.sh"
        self.folder.chmod(0o711)  # slapd may run as another user
        try:
            # To a file: slapd keeps the output open.
            said = self.folder / f"{name}.settings"
            with open(said, "w", encoding="utf-8") as out:
                env = {**os.environ, "SALLYPORT_SLAPD_HASH": scheme}
                subprocess.run([script, "start", state], stdout=out, stderr=subprocess.DEVNULL, check=True, env=env)
            settings = dict(line.split("=", 1) for line in said.read_text().splitlines())
            ldif = self.folder / f"{name}.accounts.ldif"
            ldif.write_text("".join(self.people(scheme)))
            run(
                "ldapadd",
                "-x",
                "-H",
                settings["LDAPS_URL"],
                "-D",
                settings["ROOT_DN"],
                "-y",
                settings["ROOT_PW_FILE"],
                "-f",
                ldif,
                env={**os.environ, "LDAPTLS_CACERT": settings["CA"]},
            )
            place = [
                settings["LDAPS_URL"],
                settings["CA"],
                settings["BIND_DN"],
                settings["BIND_PW_FILE"],
                settings["PEOPLE_BASE"],
            ]
            out = self.cases(
                f"{name}-site",
                settings["SLAPD_PID"],
                [
                    "--ldap-url",
                    place[0],
                    "--ldap-ca",
                    place[1],
                    "--ldap-bind-dn",
                    place[2],
                    "--ldap-bind-password-file",
                    place[3],
                    "--ldap-people",
                    place[4],
                    "--ldap-groups",
                    settings["GROUPS_BASE"],
                ],
            )
            # On other accounts: slapd takes longer the more passwords an account has had.
            out["raw"] = self.load("slapd", *place, self.accounts, USERS, 3 if self.quick else 8)["levels"]
            return out
        finally:
            subprocess.run([script, "stop", state], check=False)

    def ledger(self):
        """Made once, for two parts."""
        path = self.folder / "made.ledger"
        if not path.exists():
            told = run(self.bin / "bench_make_ledger", path, self.entries)
            (self.folder / "made.vkey").write_text(re.search(r"^vkey (\S+)", told, re.M).group(1) + "\n")
        return path

    def audit(self):
        path = self.ledger()
        run("openssl", "dgst", "-sha256", path)  # so that both read from memory
        _, plain, _ = timed("openssl", "dgst", "-sha256", path)
        verify = [self.bin / "sallyport-audit", "verify", path, "--key-file", self.folder / "made.vkey", "--json"]
        _, hashed, _ = timed(*verify, "--hashes-only", "--threads", "1")
        told, verified, cpu = timed(*verify)
        return {
            "entries": self.entries,
            "bytes": path.stat().st_size,
            "signatures": json.loads(told)["signatures"],
            "es256_s": 1 / self.es256_verifications_per_s(),
            "sha256_s": plain,
            "hashes_only_s": hashed,
            "verify_s": verified,
            "verify_cpu_s": cpu,
        }

    def start(self):
        path = self.ledger()
        site = self.folder / "start"
        for part in ("", "keys", "tls", "run"):
            (site / part).mkdir(mode=0o700)
        run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            site / "tls/key.pem",
            "-out",
            site / "tls/ca.pem",
        )
        for name, text in (("ledger", f"{LOG_KEY:02x}" * 32), ("store", os.urandom(32).hex())):
            key = site / f"keys/{name}.key"
            key.touch(mode=0o600)
            key.write_text(text + "\n")
        filled = self.load("store", path, site / "ledger.sqlite", LOG_KEY)
        port = int(
            run(
                sys.executable,
                "-c",
                "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
            )
        )
        config = site / "sallyportd.yaml"
        config.touch(mode=0o600)
        config.write_text(
            f"""sallyportd: 1
origin: 'ledger.example.org/test'
store: ledger.sqlite
ledger_key: keys/ledger.key
store_key: keys/store.key
listen: '127.0.0.1:{port}'
tls: {{certificate: 'tls/ca.pem', key: 'tls/key.pem'}}
sockets: run
executor_uid: {os.geteuid()}
mail:
  url: 'smtp://127.0.0.1:9'
  from: 'bench@bench.example'
account_mail_domains: []
"""
        )
        starts = [
            self.load("start", f"https://localhost:{port}", site / "tls/ca.pem", self.bin / "sallyportd", config)["us"]
            for _ in range(5)
        ]
        return {
            "entries": filled["entries"],
            "fill_s": filled["us"] / 1e6,
            "store_bytes": (site / "ledger.sqlite").stat().st_size,
            "first_answer_ms": [us / 1000 for us in starts],
        }


# -- the report -------------------------------------------------------------------------------


def machine():
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return {
        "cores": os.cpu_count(),
        "processor": model.group(1) if model else platform.machine(),
        "kernel": platform.release(),
        "load": list(os.getloadavg()),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def per_s(count, microseconds):
    return count * 1e6 / microseconds if microseconds else 0.0


def show_cases(title, part):
    print(f"\n{title}: whole password_reset cases, {part['enrolment']['accounts']} accounts")
    raw = {
        level["connections"]: per_s(level["writes"], level["us"]) for level in part.get("raw", []) if level["writes"]
    }
    if refused := sum(level["failed"] for level in part.get("raw", [])):
        print(f"  slapd refused {refused} of the plain writes: the ratios are of those it took")
    for level in part["levels"]:
        rate = per_s(level["cases"], level["window_us"])
        entries = per_s(level["entries"], level["window_us"])
        line = f"  {level['users']:3} users {rate:8.1f} cases/s {entries:8.1f} durable entries/s"
        if level["users"] in raw:
            line += f"   slapd alone {raw[level['users']]:8.1f} writes/s, ratio {rate / raw[level['users']]:.2f}"
        print(line)
        cpu = ", ".join(f"{name} {us / 1000 / max(level['cases'], 1):.1f}" for name, us in level["cpu_us"].items())
        print(f"            CPU ms a case: {cpu}")
        if level["failed"]:
            print(f"            FAILED: {level['failed']}, the first: {level['first_failure']}")
        if level["starved"]:
            print(f"            {level['starved']} users stopped early: no account had an unused code")
    lone = part["levels"][0]
    requests = lone["calls"].get("all requests before the outcome", {"p50_us": 0})
    whole = lone["calls"].get("whole case", {"p50_us": 0})
    own = sum(us for name, us in lone["cpu_us"].items() if name != "slapd") / 1000 / max(lone["cases"], 1)
    print(
        f"  a lone case: {requests['p50_us'] / 1000:.1f} ms in its 8 requests, "
        f"{whole['p50_us'] / 1000:.1f} ms with the wait for the"
        f" outcome; {own:.1f} ms of CPU in both servers"
    )
    print("  p50 / p99 in ms   " + "".join(f"{level['users']:>10} users " for level in part["levels"]))
    for call in CALLS:
        cells = [level["calls"].get(call, {"p50_us": 0, "p99_us": 0}) for level in part["levels"]]
        print(f"    {call:14}  " + "".join(f"{c['p50_us'] / 1000:8.1f} /{c['p99_us'] / 1000:7.1f}" for c in cells))
    print(
        "  resident, idle: "
        + ", ".join(f"{name} {kib / 1024:.1f} MiB" for name, kib in part["rss_idle_kib"].items())
        + "; after the load: "
        + ", ".join(f"{name} {kib / 1024:.1f} MiB" for name, kib in part["rss_after_kib"].items())
    )


def in_unit(nanoseconds):
    for unit, size in (("ns", 1), ("us", 1e3)):
        if nanoseconds < 1000 * size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds / 1e6:,.1f} ms"


def in_departments(organization, people, departments):
    """The organization file with its accounts in so many departments, which differ in what they have enrolled."""
    head, accounts = organization.split("accounts:\n")
    extra = ["totp", "passkey", "recovery_code", "callback", "mail_code"]
    out = [head, "accounts:\n"]
    for number in range(departments):
        enrolled = [signal for bit, signal in enumerate(extra) if (number + 1) >> bit & 1] or extra[:1]
        out.append(
            f"  department_{number}:\n    count: {people // departments}\n    class: workforce\n"
            f"    enrolled: [{', '.join(enrolled)}]\n"
            "    facts: {account.admin: false, account.executive: false, account.groups: [], "
            "account.employment: employee,\n            account.organization: home}\n"
        )
    return "".join([*out, accounts])


def show_peers(figures):
    peers, ours = figures["peers"], {size["rules"]: size for size in figures["sizes"]}
    if "not_measured" in peers:
        print(f"  peers (cedar-wasm, cel-js): not measured: {peers['not_measured']}")
        return
    print(f"  peers, the same rules and requests, in Node.js {peers['node']}: which rules fire, and no more than that")
    for peer in peers["peers"]:
        batch = "each decision timed" if peer["batch"] == 1 else f"in batches of {peer['batch']}, as ours"
        print(f"    {peer['name']} {peer['version']}, {batch}; {peer['sizes'][0]['compared']} answers a size are ours")
        for size in peer["sizes"]:
            our = ours[size["rules"]]
            print(
                f"    {size['rules']:>7} rules: p50 {in_unit(size['p50_ns'])} ({size['p50_ns'] / our['p50_ns']:,.0f} "
                f"times ours), p99 {in_unit(size['p99_ns'])} ({size['p99_ns'] / our['p99_ns']:,.0f} times); loading "
                f"{size['load_us'] / 1000:.1f} ms ({size['load_us'] / our['load_us']:,.1f} times)"
            )
        if all("idle_p50_ns" in size for size in peer["sizes"]):
            idle = ", ".join(f"{in_unit(size['idle_p50_ns'])} at {size['rules']:,}" for size in peer["sizes"])
            print(
                f"      much of it is the call into WASM and back, and a copy of the parsed policies in every call: "
                f"one that evaluates\n      none of them has a p50 of {idle}; no figure of Cedar in Rust"
            )


def show(part, figures):
    if part == "sizes":
        print("\nstripped programs: " + ", ".join(f"{name} {size / 2**20:.2f} MiB" for name, size in figures.items()))
    elif part == "disk":
        print(
            f"\nyardsticks: {per_s(figures['flushes'], figures['us']):.0f} fdatasync/s"
            f" of 4 KiB appended in the same folder, "
            f"{figures['es256_verifications_per_s']:.0f} ES256 verifications/s on one core (openssl speed)"
        )
    elif part == "decide":
        print("\none decision, from a request's facts to the explained answer, by the number of rules")
        small = figures["sizes"][0]["p50_ns"]
        for size in figures["sizes"]:
            print(
                f"  {size['rules']:>5} rules: p50 {size['p50_ns']} ns ({size['p50_ns'] / small:.2f} times that at "
                f"{figures['sizes'][0]['rules']}), p99 {size['p99_ns']} ns, {size['allocations']} allocations in "
                f"{size['decisions']:,}; told in {size['told_bytes']} bytes of JSON "
                f"{size['told_p50_ns'] / 1000:.1f} us; loading {size['load_us'] / 1000:.1f} ms"
            )
        show_peers(figures)
    elif part == "prove":
        print(
            f"\nproof for {figures['accounts']:,} accounts and {figures['rules']} rules, one thread: "
            f"{figures['proof_ms'] / 1000:.2f} s ({figures['kinds']:,} kinds of account, {figures['shapes']:,} "
            f"shapes); strictly weaker ways alone: {figures['weaker_only_ms'] / 1000:.2f} s; peak "
            f"{figures['peak_memory_kib'] / 1024:.0f} MiB\n"
            f"  after one account changed: median {figures['change_us_median'] / 1000:.2f} ms, "
            f"worst of 100 {figures['change_us_worst'] / 1000:.1f} ms"
        )
        print(
            f"  after another manager: median {figures['manager_us_median'] / 1000:.2f} ms, "
            f"worst of 100 {figures['manager_us_worst'] / 1000:.1f} ms"
        )
        for change in ("of_many_left", "of_few_left", "of_every_case_left", "of_every_case_came"):
            after = figures[f"approver_{change}"]
            print(
                f"  after an approver {change.replace('_', ' ')}: {after['us'] / 1000:.1f} ms, "
                f"{after['shapes_proved_again']} shapes"
            )
    elif part == "drills":
        print(
            f"\nstories on the bare core, one thread: {figures['stories'] / figures['stories_s']:,.0f} a second "
            f"({figures['stories']:,} in {figures['stories_s']:.2f} s; "
            f"the policy is proved before, {figures['first_s']:.2f} s)"
        )
        for drill in figures["drills"]:
            print(f"  a full drill of {drill['people']:,} people in {drill['kinds']} kinds: {drill['s']:.2f} s")
        replay = figures["replay"]
        print(
            f"  {replay['cases']:,} past cases ({replay['entries']:,} entries) decided again: "
            f"{replay['ms'] / 1000:.1f} s, of which reading JSON {replay['reading_ms'] / 1000:.1f} s"
        )
    elif part in TITLES:
        show_cases(TITLES[part], figures)
    elif part == "audit":
        plain, checks = max(figures["sha256_s"], 1e-9), figures["signatures"] * figures["es256_s"]
        print(
            f"\nsallyport-audit, {figures['entries']:,} entries, {figures['bytes'] / 2**20:.0f} MiB; "
            f"openssl dgst -sha256 of the file: {figures['sha256_s']:.2f} s\n"
            f"  verify --hashes-only, one thread: {figures['hashes_only_s']:.2f} s"
            f", {figures['hashes_only_s'] / plain:.1f} times SHA-256\n"
            f"  verify: {figures['verify_s']:.2f} s ({figures['verify_cpu_s']:.2f} s of CPU)"
            f", {figures['verify_s'] / plain:.1f} times SHA-256; its {figures['signatures']:,} signatures alone are "
            f"{checks:.2f} s of raw ES256 checks on one core"
        )
    elif part == "start":
        answers = sorted(figures["first_answer_ms"])
        print(
            f"\nstart: exec to the first answer of sallyportd, ledger of {figures['entries']:,} entries "
            f"({figures['store_bytes'] / 2**20:.0f} MiB)"
            f": median {answers[len(answers) // 2]:.0f} ms, {answers[0]:.0f} to "
            f"{answers[-1]:.0f} of {len(answers)}"
        )
    sys.stdout.flush()


LEFT_OUT = """
what the ratios leave out:
  cases to slapd's writes   a case is one such write, and 8 flushed ledger commits with a signed checkpoint each, an
                            ES256 signature checked by both servers, and 3 to 5 searches; the programs that make
                            the load share the cores; where slapd hashes with Argon2, that outweighs the rest
  verify to SHA-256         verify also parses, rules again on every case, and checks every signature
  the disk                  a virtual disk may acknowledge a flush before it is one; then all rates are too good
  the start                 the files are in the page cache; a cold start reads some pages more
"""


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--root", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,PART")
    options = parser.parse_args()
    parts = options.only.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"--only: `{unknown[0]}` is none of {', '.join(PARTS)}")
    command = shlex.join(
        ["scripts/bench"]
        + (["--quick"] if options.quick else [])
        + (["--only", options.only] if options.only != ",".join(PARTS) else [])
    )
    report = {"command": command, "machine": machine()}
    m = report["machine"]
    print(
        f"{command}\n{m['at']}, {m['cores']} cores ({m['processor']}), Linux {m['kernel']}, "
        f"load {' '.join(f'{x:.1f}' for x in m['load'])} at the start"
    )
    folder = Path(tempfile.mkdtemp(prefix="sallyport-bench."))
    failed = 0
    try:
        bench = Bench(options.root, folder, options.quick)
        for part in parts:
            try:
                report[part] = getattr(bench, part.replace("-", "_"))()
                show(part, report[part])
            except (RuntimeError, OSError, subprocess.SubprocessError, AttributeError, KeyError) as error:
                failed += 1
                report[part] = {"not_measured": str(error)}
                print(f"\n{part}: not measured: {error}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(LEFT_OUT)
    report["machine"]["load_after"] = list(os.getloadavg())
    print(f"load {' '.join(f'{x:.1f}' for x in os.getloadavg())} at the end")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if failed else 0


sys.exit(main())
