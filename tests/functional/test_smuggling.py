"""Requests that two servers could read in two ways: refused by the daemon, alone and behind nginx and HAProxy."""

import concurrent.futures
import contextlib
import pathlib
import re
import shutil
import socket
import ssl
import time

import pytest

from framework.processes import Process
from framework.site import eventually, free_port
from framework.smuggling import PATH, all_vectors

VECTORS = all_vectors()
PATIENT, QUICK = 20, 0.4  # seconds without a byte: nothing more comes; behind a proxy that may just be waiting
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) [^\r\n]*\r\n")


def read_all(connection, quiet):
    """Everything until the other side ends or is quiet, and whether it ended."""
    connection.settimeout(quiet)
    got = b""
    try:
        while more := connection.recv(65536):
            got += more
        return got, True
    except TimeoutError:
        return got, False
    except OSError:  # reset, with what came before it
        return got, True


def statuses(answers):
    return [int(status) for status in STATUS.findall(answers)]


class Direct:
    def __init__(self, site):
        self.port, self.context = site.port, ssl.create_default_context(cafile=site.ca)

    def send(self, data, quiet, pieces=1):
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(plain, server_hostname="localhost") as connection:
                with contextlib.suppress(OSError):  # refused before all of it was said: the answer tells
                    for i in range(pieces):
                        connection.sendall(data[len(data) * i // pieces : len(data) * (i + 1) // pieces])
                return read_all(connection, quiet)


class Front:
    """A reverse proxy on loopback that keeps its connections to the daemon for whoever comes next."""

    def __init__(self, site, folder):
        self.folder, self.site, self.port = folder, site, free_port()
        folder.mkdir()
        self.process = Process(self.words(), folder / "log")
        self.process.start()
        eventually(self.answers, f"{type(self).__name__} answers")

    def answers(self):
        assert not self.process.ended_by_itself(), (self.folder / "log").read_text()
        try:
            return statuses(self.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", QUICK)[0]) == [200]
        except OSError:
            return False

    def send(self, data, quiet):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            with contextlib.suppress(OSError):  # refused before all of it was said: the answer tells
                connection.sendall(data)
            return read_all(connection, quiet)

    def stop(self):
        self.process.stop()


class Nginx(Front):
    def words(self):
        config = self.folder / "nginx.conf"
        config.write_text(
            f"""daemon off; pid {self.folder}/pid; error_log stderr; worker_processes 1;
            events {{ worker_connections 512; }}
            http {{
              access_log off;
              client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
              uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
              upstream daemon {{ server 127.0.0.1:{self.site.port}; keepalive 8; }}
              server {{
                listen 127.0.0.1:{self.port};
                location / {{
                  proxy_pass https://daemon; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_set_header Host localhost; proxy_ssl_name localhost; proxy_ssl_verify on;
                  proxy_ssl_protocols TLSv1.3; proxy_ssl_trusted_certificate {self.site.ca};
                  proxy_request_buffering off;
                }}
              }}
            }}"""
        )
        return ["/usr/sbin/nginx", "-c", config, "-p", self.folder]


class Haproxy(Front):
    def words(self):
        config = self.folder / "haproxy.cfg"
        config.write_text(
            f"""defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  http-reuse always
frontend f
  bind 127.0.0.1:{self.port}
  default_backend daemon
backend daemon
  server d 127.0.0.1:{self.site.port} ssl ca-file {self.site.ca} verify required verifyhost localhost sni str(localhost)
"""
        )
        return ["/usr/sbin/haproxy", "-db", "-f", config]


@pytest.fixture(scope="module", params=[Nginx, Haproxy], ids=["nginx", "haproxy"])
def front(request, embedded_site, tmp_path_factory):
    if not pathlib.Path("/usr/sbin/nginx").exists() or not shutil.which("haproxy", path="/usr/sbin:/usr/bin"):
        pytest.fail("nginx and haproxy are not installed: scripts/install test")
    proxy = request.param(embedded_site, tmp_path_factory.mktemp("front") / "proxy")
    yield proxy
    proxy.stop()


def at_once(work, items):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return [problem for problem in pool.map(work, items) if problem]


def test_there_are_enough_and_each_is_another():
    assert len({v.data for v in VECTORS}) == len(VECTORS)
    assert len([v for v in VECTORS if v.answers == 0]) >= 300
    print(f"{len(VECTORS)} vectors")


def test_alone_each_is_refused_once_or_has_the_one_meaning(embedded_site):
    direct = Direct(embedded_site)

    def look(vector):
        for pieces in (1, 7):
            quiet = PATIENT if vector.answers == 0 else QUICK
            answers, ended = direct.send(vector.data + b"\r\n\r\n", quiet, pieces)
            got = statuses(answers)
            if vector.answers == 0:
                # One answer, which is a refusal of ours and none of an application, and the end.
                fine = ended and len(got) == 1 and got[0] in (400, 411, 413, 414, 417, 431, 501, 505)
            else:
                fine = len(got) == vector.answers + 1 and got[0] == 404 and got[-1] == 400
                fine = fine or (len(got) == vector.answers and got[0] == 404)
            if not fine:
                return f"{vector.name}: {got}, {'ended' if ended else 'still open'}"
        return None

    problems = at_once(look, VECTORS)
    assert not problems, "\n".join(problems)
    assert embedded_site.nobody().get("/healthz").status == 200


def test_behind_a_proxy_nobody_gets_the_answer_to_anothers_request(front):
    """The connection to the daemon is shared: were a hidden request read there, the next one's answer would be its."""
    numbers = iter(range(10**6))

    def look(vector):
        answers, _ = front.send(vector.data, QUICK)
        got = statuses(answers)
        if len(got) > 2:  # a proxy may well read a chunked body, and the hidden request after it as another
            return f"{vector.name}: {len(got)} answers"
        name = f"victim-{next(numbers)}"
        victim, _ = front.send(b"GET /v1/" + name.encode(
            ) + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", PATIENT)
        if statuses(victim) != [404]:
            return f"{vector.name}: whoever came next got {victim[:200]!r}"
        return None

    problems = at_once(look, VECTORS)
    assert not problems, "\n".join(problems)
    time.sleep(0.1)
    assert front.answers()
