#!/usr/bin/env python3
"""A second reader of Sallyport's ledger files and bundles, written from docs/ledger_format.md alone.

    python3 tests/reference/ledger_reader.py FILE VKEY

Checks every header, entry, leaf hash, checkpoint and signature, and recomputes the root under each
checkpoint by the recursive definition of RFC 6962, not by the program's own algorithm. Prints one
line and leaves with 0 when all is well, or says what is wrong and leaves with 1. Slow and plain on
purpose: it is here to disagree with the C++ when one of the two is mistaken.

Needs `cryptography` (Debian: python3-cryptography).
"""

import base64
import hashlib
import json
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIRST_LINE = b"sallyport-ledger/1\n"
BUNDLE_FIRST_LINE = b"sallyport-bundle/1\n"
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


# ---- The bundle ----


def proved_root(leaf, index, size, proof):
    """The root that an inclusion proof leads to: RFC 6962 section 2.1.1 read backwards, from the root down."""
    proof = list(proof)

    def root(begin, end):
        if end - begin == 1:
            return leaf
        half = 1 << ((end - begin - 1).bit_length() - 1)
        require(proof, f"entry {index}: the proof is too short")
        sibling = proof.pop()
        if index < begin + half:
            return sha256(b"\x01" + root(begin, begin + half) + sibling)
        return sha256(b"\x01" + sibling + root(begin + half, end))

    require(index < size, f"entry {index} is not in a ledger of {size} entries")
    found = root(0, size)
    require(not proof, f"entry {index}: the proof is too long")
    return found


class BundleReader:
    def __init__(self, data, trusted):
        self.data = data
        self.at = 0
        self.trusted = trusted

    def line(self, pattern, what):
        end = self.data.find(b"\n", self.at)
        text = self.data[self.at : end] if end >= 0 else b""
        match = re.fullmatch(pattern, text)
        require(match, f"at byte {self.at}: {what}")
        self.at = end + 1
        return match.groups()

    def counted(self, count, what):
        text = self.data[self.at : self.at + count]
        after = self.data[self.at + count : self.at + count + 1]
        require(len(text) == count and after == b"\n", f"at byte {self.at}: {what} has another length")
        self.at += count + 1
        return text

    def section(self, name, bytes_max):
        count, digest = self.line(name + rb" (0|[1-9][0-9]*) ([0-9a-f]{64})", f"no {name.decode()}")
        require(int(count) <= bytes_max, f"the {name.decode()} is too long")
        text = self.counted(int(count), name.decode())
        require(sha256(text).hex() == digest.decode(), f"the {name.decode()} was changed")
        return text

    def run(self):
        require(len(self.data) <= 268435456, "the bundle is too long")
        self.line(re.escape(BUNDLE_FIRST_LINE[:-1]), "the first line is not sallyport-bundle/1")
        (case,) = self.line(rb"case ([a-z0-9._-]{1,64})", "no case")
        self.section(b"cover", 262144).decode("utf-8")
        note = self.section(b"checkpoint", 262144)
        size, root = checkpoint_of(self.trusted.open(note), self.trusted.name)
        (count,) = self.line(rb"entries (0|[1-9][0-9]*)", "no number of entries")
        require(int(count) <= 1000000, "too many entries")
        streams = {"organization": [], "case/" + case.decode(): []}
        last = -1
        for _ in range(int(count)):
            last = self.entry(last, size, root, streams)
        self.line(rb"end", "no end after the last entry")
        require(self.at == len(self.data), "something follows the end")
        return self.streams(streams, size, case.decode())

    def entry(self, last, size, root, streams):
        number = rb"(0|[1-9][0-9]*)"
        index, length, hashes = map(
            int, self.line(b"entry " + b" ".join([number] * 3), f"what follows entry {last} is no entry")
        )
        require(index > last, f"entry {index} stands after entry {last}")
        require(length <= 65535 and hashes <= 62, f"entry {index} is too long")
        text = self.counted(length, f"entry {index}")
        proof = []
        for _ in range(hashes):
            (line,) = self.line(rb"([A-Za-z0-9+/]{43}=)", f"entry {index}: a hash of its proof is malformed")
            proof.append(strict_base64(line.decode(), f"entry {index}: a hash"))
        require(proved_root(leaf_hash(text), index, size, proof) == root, f"entry {index} is not in the signed tree")
        envelope = json.loads(text)
        require(envelope["stream"] in streams, f"entry {index} belongs to {envelope['stream']}")
        stream = streams[envelope["stream"]]
        require(envelope["version"] == len(stream), f"an entry is missing before entry {index}")
        require(index > 0 or envelope["stream"] == "organization", "entry 0 is not the organization's")
        stream.append(index)
        return index

    def streams(self, streams, size, case):
        organization, of_case = streams["organization"], streams["case/" + case]
        require(organization and organization[0] == 0, "entry 0 is missing")
        require(of_case, "the case has no entry")
        after = [index for index in organization if index > of_case[-1]]
        require(len(after) <= 1, "more of the organization's entries follow than are needed")
        before = organization[len(organization) - len(after) - 1]
        between = [index for index in of_case if index > before]
        whole = bool(after) or len(between) == of_case[-1] - before
        return case, len(of_case), len(organization), size, whole


def read_bundle(data, trusted):
    case, of_case, of_organization, size, whole = BundleReader(data, trusted).run()
    return (
        f"sound: case {case}, {of_case} entries of it and {of_organization} of the organization, "
        f"of {size}, organization {'whole' if whole else 'not shown whole'}"
    )


def main(arguments):
    if len(arguments) != 3:
        print("usage: ledger_reader.py FILE VKEY", file=sys.stderr)
        return 2
    try:
        with open(arguments[1], "rb") as file:
            trusted = VerifierKey(arguments[2])
            begun = file.read(len(BUNDLE_FIRST_LINE))
            if begun == BUNDLE_FIRST_LINE:
                print(read_bundle(begun + file.read(), trusted))
                return 0
            file.seek(0)
            size, checkpoints, root = Reader(file, trusted).run()
    except (Wrong, ValueError, KeyError, TypeError) as wrong:
        print(f"wrong: {wrong}")
        return 1
    print(f"sound: {size} entries, {checkpoints} checkpoints, root {root.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
