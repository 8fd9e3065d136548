"""Stands between sallyportd and sallyport-exec, on the socket over which the one asks the other.

A story says when the executor carries out a case, and the gateway would have it done at once. So questions about
accounts pass, and the order to act waits until `execute` is called; until then the daemon hears what it hears of an
executor that is down, and asks again. The programs are the real ones; only the folder in which each looks for the other
is another.
"""

import json
import os
import socket
import socketserver
import struct
import threading

GREETING = b"SALLY-1\n"


def _exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data


def _receive(stream):
    return json.loads(_exactly(stream, struct.unpack(">I", _exactly(stream, 4))[0]))


def _frame(message):
    text = json.dumps(message).encode()
    return struct.pack(">I", len(text)) + text


class _Connection(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.wfile.write(GREETING)
            while True:
                request = _receive(self.rfile)
                if request.get("op") == "execute":
                    no = {"kind": "unavailable", "what": "the story has not come to that", "next_step": "wait"}
                    answer = {"fault": no}
                else:
                    answer = self.server.ask(request)
                self.wfile.write(_frame(answer))
        except (EOFError, OSError):
            pass  # the daemon closed the connection, or was stopped


class _Passing(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.wfile.write(GREETING)
            while True:
                request = _receive(self.rfile)
                self.server.before(request)
                self.wfile.write(_frame(_ask(self.server.beyond, request)))
        except (EOFError, OSError):
            pass  # one of both closed the connection, or was stopped


def _ask(path, request):
    """What is answered there: {"answer": ...} or {"fault": {"kind", "what", "next_step"}}."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(path))
        with connection.makefile("rb") as stream:
            assert _exactly(stream, len(GREETING)) == GREETING
            connection.sendall(_frame(request))
            return _receive(stream)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class ExecutorDoor:
    def __init__(self, site):
        """To be made before the programs of the site start."""
        daemons, self.executors = site / "run", site / "run-executor"
        self.executors.mkdir(mode=0o700)
        (self.executors / "ledger.sock").symlink_to(daemons / "ledger.sock")
        config = site / "sallyport-exec.yaml"
        text = config.read_text()
        assert "\nsockets: run\n" in text
        config.write_text(text.replace("\nsockets: run\n", "\nsockets: run-executor\n"))
        self._server = _Server(str(daemons / "exec.sock"), _Connection)
        os.chmod(daemons / "exec.sock", 0o600)
        self._server.ask = self.ask
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def ask(self, request):
        """What the executor answers."""
        return _ask(self.executors / "exec.sock", request)

    def execute(self, case_id):
        return self.ask({"op": "execute", "case": case_id})


class RecorderDoor:
    """On the other socket, over which the executor has written down what it does: `before(request)` is called, and then
    the request passes. An executor that was connected before has to be started anew."""

    def __init__(self, site, before):
        self.path, beyond = site / "run-executor" / "ledger.sock", site / "run" / "ledger.sock"
        self.path.unlink()
        self._server = _Server(str(self.path), _Passing)
        os.chmod(self.path, 0o600)
        self._server.before, self._server.beyond = before, beyond
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        beyond = self._server.beyond
        self.path.unlink()
        self.path.symlink_to(beyond)
