#!/usr/bin/env python3
"""A second reader of Sallyport's ledger file, written from docs/ledger_format.md alone.

    python3 tests/reference/ledger_reader.py FILE VKEY

Checks every header, entry, leaf hash, checkpoint and signature, and recomputes the root under each
checkpoint by the recursive definition of RFC 6962, not by the program's own algorithm. Prints one
line and leaves with 0 when all is well, or says what is wrong and leaves with 1. Slow and plain on
purpose: it is here to disagree with the C++ when one of the two is mistaken.

Needs `cryptography` (Debian: python3-cryptography).
"""

import base64
import hashlib
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIRST_LINE = b"sallyport-ledger/1\n"
HEADER = struct.Struct(">cQHI4s")


class Wrong(Exception):
    """What is wrong with the file, in a sentence."""


def sha256(data):
    return hashlib.sha256(data).digest()


def require(condition, text):
    if not condition:
        raise Wrong(text)


# ---- RFC 6962 section 2.1 ----


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def root_of(leaves, known):
    """MTH of the leaves. `known` remembers full subtrees by (first leaf, count)."""

    def mth(begin, end):
        count = end - begin
        if count == 1:
            return leaves[begin]
        if (begin, count) in known:
            return known[begin, count]
        half = 1 << ((count - 1).bit_length() - 1)
        node = sha256(b"\x01" + mth(begin, begin + half) + mth(begin + half, end))
        if count & (count - 1) == 0:
            known[begin, count] = node
        return node

    return mth(0, len(leaves)) if leaves else sha256(b"")


# ---- Signed notes and checkpoints ----


def strict_base64(text, what):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong(f"{what} is not base64") from error
    require(base64.b64encode(data).decode() == text, f"{what} has a second spelling")
    return data


class VerifierKey:
    def __init__(self, text):
        parts = text.split("+", 2)
        require(len(parts) == 3, "the verifier key is not name+id+base64")
        self.name, key_id, payload = parts
        raw = strict_base64(payload, "the verifier key")
        require(len(raw) == 33 and raw[0] == 1, "the verifier key is not an Ed25519 key")
        self.id = sha256(self.name.encode() + b"\n" + raw)[:4]
        require(self.id.hex() == key_id, "the verifier key's id does not fit it")
        self.key = Ed25519PublicKey.from_public_bytes(raw[1:])

    def open(self, note):
        """The text of a note signed by this key."""
        require(not any(byte < 0x20 and byte != 0x0A for byte in note), "a checkpoint holds a control character")
        try:
            text = note.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong("a checkpoint is not UTF-8") from error
        blank = text.rfind("\n\n")
        require(blank >= 0 and text.endswith("\n"), "a checkpoint is not a signed note")
        body, lines = text[: blank + 1], text[blank + 2 :].split("\n")[:-1]
        require(lines, "a checkpoint has no signature")
        verified = False
        for line in lines:
            parts = line.split(" ")
            require(len(parts) == 3 and parts[0] == "\u2014", "a checkpoint has a malformed signature line")
            raw = strict_base64(parts[2], "a signature")
            require(len(raw) > 4, "a signature is too short")
            if parts[1] != self.name or raw[:4] != self.id:
                continue
            try:
                self.key.verify(raw[4:], body.encode())
            except InvalidSignature as error:
                raise Wrong("a checkpoint's signature is wrong") from error
            verified = True
        require(verified, "a checkpoint is not signed by the trusted key")
        return body


def checkpoint_of(body, name):
    lines = body.split("\n")
    require(len(lines) == 4 and lines[3] == "", "a checkpoint has not exactly three lines")
    require(lines[0] == name, "a checkpoint is of another log")
    decimal = lines[1].isascii() and lines[1].isdigit()
    require(decimal and str(int(lines[1])) == lines[1], "a checkpoint's size is misspelt")
    root = strict_base64(lines[2], "a checkpoint's root")
    require(len(root) == 32, "a checkpoint's root is not 32 bytes")
    return int(lines[1]), root


# ---- The file ----


class Reader:
    def __init__(self, file, trusted):
        self.file = file
        self.trusted = trusted
        self.leaves = []
        self.known = {}
        self.block_begin = 0
        self.checkpoint_size = 0
        self.checkpoints = 0

    def take(self, count, what):
        data = self.file.read(count)
        require(len(data) == count, f"the file stops inside {what}")
        return data

    def run(self):
        require(self.file.read(len(FIRST_LINE)) == FIRST_LINE, "the first line is not sallyport-ledger/1")
        while True:
            raw = self.take(HEADER.size, f"the header after entry {len(self.leaves) - 1}")
            kind, index, count, length, check = HEADER.unpack(raw)
            require(sha256(raw[:15])[:4] == check, f"the header after entry {len(self.leaves) - 1} is damaged")
            if kind == b"E":
                self.block(index, count, length)
            elif kind == b"C":
                self.checkpoint(index, count, length)
            elif kind == b"Z":
                return self.end(index, count, length)
            else:
                raise Wrong("a part of unknown kind")

    def block(self, index, count, length):
        require(index == len(self.leaves) and index % 256 == 0, "a block is out of order")
        require(1 <= count <= 256, "a block holds an impossible number of entries")
        tile = self.take(32 * count, f"the block at entry {index}")
        bundle = self.take(length, f"the block at entry {index}")
        at = 0
        for i in range(count):
            where = f"entry {index + i}"
            require(at + 2 <= len(bundle), f"{where} is damaged")
            size = int.from_bytes(bundle[at : at + 2], "big")
            entry = bundle[at + 2 : at + 2 + size]
            leaf = tile[32 * i : 32 * i + 32]
            require(len(entry) == size and leaf_hash(entry) == leaf, f"{where} is damaged")
            self.leaves.append(leaf)
            at += 2 + size
        require(at == len(bundle), f"bytes follow the last entry of the block at entry {index}")
        self.block_begin = index

    def checkpoint(self, size, count, length):
        require(count == 0 and length <= 262144, "a checkpoint's header is wrong")
        require(self.checkpoint_size < size, "checkpoints are out of order")
        require(self.block_begin < size <= len(self.leaves), "a checkpoint stands after the wrong block")
        note = self.take(length, f"the checkpoint for {size} entries")
        require(self.take(4, "a checkpoint") == sha256(note)[:4], f"the checkpoint for {size} entries is damaged")
        signed_size, root = checkpoint_of(self.trusted.open(note), self.trusted.name)
        require(signed_size == size, "a checkpoint signs another size than its header says")
        known_root = root_of(self.leaves[:size], self.known)
        require(known_root == root, f"the first {size} entries are not those that were signed")
        self.checkpoint_size = size
        self.checkpoints += 1

    def end(self, size, count, length):
        require(size == len(self.leaves) and count == 0 and length == 0, "the end record is wrong")
        require(self.file.read(1) == b"", "bytes follow the end record")
        require(0 < size == self.checkpoint_size, "the last checkpoint does not cover the whole ledger")
        return size, self.checkpoints, root_of(self.leaves, self.known)


def main(arguments):
    if len(arguments) != 3:
        print("usage: ledger_reader.py FILE VKEY", file=sys.stderr)
        return 2
    try:
        with open(arguments[1], "rb") as file:
            size, checkpoints, root = Reader(file, VerifierKey(arguments[2])).run()
    except Wrong as wrong:
        print(f"wrong: {wrong}")
        return 1
    print(f"sound: {size} entries, {checkpoints} checkpoints, root {root.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
