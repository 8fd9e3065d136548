"""Stands between two processes that speak in messages, and loses, delays, doubles or cuts what it is told to.

Between sallyport-exec and slapd: it speaks TLS to both, with slapd's own certificate, and knows where an LDAP message
(RFC 4511, section 4.1.1) ends and of what kind it is. Between sallyport-exec and sallyportd: the frames of
src/shell/ipc/frame.h. Requests are counted from arm() on; the n-th suffers what was said.
"""

import json
import socket
import ssl
import struct
import threading
import time

FAULTS = {
    "reset_before": "the connection is reset, and nothing was passed on",
    "closed_before": "the connection is closed, and nothing was passed on",
    "reset_after": "it is passed on, and the connection is reset when the answer is there",
    "half_answer": "half of the answer arrives, and then the end",
    "answered_twice": "the answer arrives twice",
    "asked_twice": "it is passed on twice",
    "late_answer": "the answer arrives when nobody waits any more",
    "late_request": "it is passed on when nobody waits any more",
}
SLOW = ("late_answer", "late_request")


LDAP_KINDS = {0x60: "bind", 0x63: "search", 0x66: "modify", 0x42: "unbind", 0x64: "entry", 0x73: "reference"}


class Gone(Exception):
    pass


def _exactly(stream, size):
    data = b""
    while len(data) < size:
        try:
            more = stream.recv(size - len(data))
        except OSError as error:
            raise Gone from error
        if not more:
            raise Gone
        data += more
    return data


def ldap_message(stream):
    """(the bytes of the next one, its id, what it is)."""
    head = _exactly(stream, 2)
    size = head[1]
    if size & 0x80:
        more = _exactly(stream, size & 0x7F)
        head, size = head + more, int.from_bytes(more, "big")
    body = _exactly(stream, size)
    number = int.from_bytes(body[2 : 2 + body[1]], "big")
    operation = body[2 + body[1]]
    kind = LDAP_KINDS.get(operation)
    if kind == "modify":
        kind = "write" if b"userPassword" in body else "fence"
    return head + body, number, kind or "result"


def ipc_message(stream):
    head = _exactly(stream, 4)
    body = _exactly(stream, struct.unpack(">I", head)[0])
    said = json.loads(body)
    return head + body, 0, said.get("op", "result")


class FaultProxy:
    def __init__(self, listener, connect, message, late=6.0, greeting=0, accept=lambda s: s):
        """`connect` opens the way on; `accept` is given each connection; `late`: seconds, more than anybody waits."""
        self.listener, self.connect, self.message, self.late = listener, connect, message, late
        self.greeting, self.accept = greeting, accept
        self.lock, self.over = threading.Lock(), False
        self.seen, self.armed, self.struck = [], {}, []
        threading.Thread(target=self.run, daemon=True).start()

    def arm(self, *faults):
        """Each (n, fault): what the n-th request from now on suffers."""
        with self.lock:
            self.seen, self.armed, self.struck = [], dict(faults), []

    def run(self):
        while True:
            try:
                arrived, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(arrived,), daemon=True).start()

    def stop(self):
        self.listener.close()

    def pass_on(self, arrived):
        try:
            near = self.accept(arrived)
            far = self.connect()
        except OSError:
            arrived.close()
            return
        try:
            if self.greeting:
                near.sendall(_exactly(far, self.greeting))
            while True:
                request, number, kind = self.message(near)
                if kind == "unbind":
                    return
                with self.lock:
                    self.seen.append(kind)
                    fault = self.armed.pop(len(self.seen), None)
                    if fault:
                        self.struck.append((kind, fault))
                self.suffer(fault, near, far, request, number)
        except (Gone, OSError):
            pass  # either side has left
        finally:
            near.close(), far.close()

    def answer(self, far, number):
        """All messages of one answer."""
        data = b""
        while True:
            message, of, kind = self.message(far)
            if of == number:
                data += message
                if kind not in ("entry", "reference"):
                    return data

    def suffer(self, fault, near, far, request, number):
        if fault in ("reset_before", "closed_before"):
            if fault == "reset_before":
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Gone
        if fault == "late_request":
            time.sleep(self.late)
        far.sendall(request)
        if fault == "asked_twice":
            far.sendall(request)
        answer = self.answer(far, number)
        if fault == "late_answer":
            time.sleep(self.late)
        if fault == "reset_after":
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Gone
        if fault == "half_answer":
            near.sendall(answer[: len(answer) // 2])
            raise Gone
        near.sendall(answer)
        if fault == "answered_twice":
            near.sendall(answer)
        if fault == "asked_twice":
            near.sendall(self.answer(far, number))


def between_executor_and_slapd(slapd):
    """(the proxy, the URL under which slapd is found behind it)."""
    tls = slapd.folder / "tls"
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tls / "server.pem", tls / "server.key")
    calling = ssl.create_default_context(cafile=slapd.settings["CA"])
    port = int(slapd.settings["LDAPS_URL"].rsplit(":", 1)[1])

    def connect():
        return calling.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")

    listener = socket.create_server(("127.0.0.1", 0))
    proxy = FaultProxy(listener, connect, ldap_message, accept=lambda s: serving.wrap_socket(s, server_side=True))
    return proxy, f"ldaps://127.0.0.1:{listener.getsockname()[1]}"


def between_executor_and_daemon(site):
    """The site's executor, which is not running, will find the daemon behind it."""
    apart, run = site.folder / "run-executor", site.folder / "run"
    apart.mkdir(mode=0o700)
    config = site.folder / "sallyport-exec.yaml"
    text = config.read_text()
    assert "\nsockets: run\n" in text
    config.write_text(text.replace("\nsockets: run\n", "\nsockets: run-executor\n"))
    (run / "exec.sock").unlink(missing_ok=True)
    (run / "exec.sock").symlink_to(apart / "exec.sock")

    def connect():
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(run / "ledger.sock"))
        return far

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(apart / "ledger.sock"))
    listener.listen(64)
    return FaultProxy(listener, connect, ipc_message, late=11.0, greeting=8)
