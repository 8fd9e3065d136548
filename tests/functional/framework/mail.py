"""A mail server that keeps what it gets. Loopback only, no TLS, no queue."""

import email
import email.policy
import re
import socketserver
import threading
import time


class _Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        try:
            self.converse()
        except OSError:
            pass  # the client was killed in the middle of a sentence; some tests do that

    def converse(self):
        self.say("220 sink")
        to = []
        while line := self.rfile.readline(2000):
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-sink")
                self.say("250 8BITMIME")
            elif verb == b"RCPT":
                to.append(re.search(rb"<(.*?)>", line).group(1).decode())
                self.say("250 ok")
            elif verb == b"DATA":
                self.say("354 go on")
                self.server.sink.keep(to, self.message())
                to = []
                self.say("250 kept")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def message(self):
        lines = []
        while line := self.rfile.readline(10_000):
            if line.rstrip(b"\r\n") == b".":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b"..") else line)
        raise OSError("the message was cut off")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class MailSink:
    def __init__(self):
        self._mails, self._changed = [], threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.sink = self
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def keep(self, to, raw):
        text = email.message_from_bytes(raw, policy=email.policy.default).get_content()
        with self._changed:
            self._mails.extend((address, text) for address in to)
            self._changed.notify_all()

    def count(self, address):
        with self._changed:
            return sum(1 for to, _ in self._mails if to == address)

    def code(self, address, after=0, within=60):
        """The code in the newest mail to this address, once it got more than `after` mails. None: none came."""
        end = time.monotonic() + within
        with self._changed:
            while True:
                mails = [text for to, text in self._mails if to == address]
                if len(mails) > after:
                    return re.search(r"The code is (\S+)", mails[-1]).group(1)
                if not self._changed.wait(max(0.0, end - time.monotonic())):
                    return None
