"""A transparency log that serves what it likes under /log/: C2SP tlog-tiles, with the key of whoever it pretends to be.

    log = ServedLog(name, seed)          # seed: 32 bytes, of the Ed25519 key
    log.entries += [b"...", b"..."]
    log.serve(); log.url; ...; log.stop()

What it shows is `size` of its entries (all, unless told), and `note` instead of the checkpoint when that is set.
"""

import base64
import http.server
import re
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from framework.tlog import WIDTH, mth, sha256

TILE = re.compile(r"/log/tile/(0|entries)/(?:x\d{3}/)*(\d{3})(?:\.p/(\d+))?")


def b64(data):
    return base64.b64encode(data).decode()


class ServedLog:
    def __init__(self, name, seed):
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(seed)
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.id = sha256(name.encode() + b"\n\1" + public)[:4]
        self.vkey = name + "+" + self.id.hex() + "+" + b64(b"\1" + public)
        self.entries, self.size, self.note, self.shown = [], None, None, {}
        self.away = False  # every answer is 503
        self.server = None

    def leaves(self):
        return [sha256(b"\0" + entry) for entry in self.entries]

    def checkpoint(self):
        if self.note is not None:
            return self.note
        leaves = self.leaves()[: self.size]
        body = f"{self.name}\n{len(leaves)}\n{b64(mth(leaves) if leaves else sha256(b''))}\n"
        return body + f"\n\N{EM DASH} {self.name} {b64(self.id + self.key.sign(body.encode()))}\n"

    def answer(self, path):
        if path == "/log/checkpoint":
            return self.checkpoint().encode()
        found = TILE.fullmatch(path)
        if not found:
            return None
        begin = int(found[2]) * WIDTH  # below 256,000 entries
        end = begin + int(found[3] or WIDTH)
        if found[1] == "0":
            return b"".join(self.leaves()[begin:end])
        entries = [self.shown.get(index, entry) for index, entry in enumerate(self.entries)][begin:end]
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)

    def serve(self):
        log = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                data = None if log.away else log.answer(self.path)
                self.send_response(503 if log.away else 404 if data is None else 200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
