"""A ledger file out of any entries, signed with the log's own key: what somebody with the server could write.
Written from docs/ledger_format.md."""

import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def canonical(entry):
    """Canonical JSON for what an entry holds: whole numbers, and keys below U+D800."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def renumbered(entries):
    """Each stream's versions anew, from 0."""
    versions = {}
    out = []
    for entry in entries:
        version = versions[entry["stream"]] = versions.get(entry["stream"], -1) + 1
        out.append({**entry, "version": version})
    return out


def _root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + _root(hashes[:split]) + _root(hashes[split:])).digest()


def _note(origin, seed, size, root):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    signature = base64.b64encode(key_id + key.sign(text)).decode()
    return text + f"\n\N{EM DASH} {origin} {signature}\n".encode()


def _part(kind, number, count, length):
    header = struct.pack(">cQHI", kind, number, count, length)
    return header + hashlib.sha256(header).digest()[:4]


def write(path, entries, origin, seed):
    """`entries`: dicts, or bytes as they are to stand."""
    blobs = [entry if isinstance(entry, bytes) else canonical(entry) for entry in entries]
    leaves = [hashlib.sha256(b"\0" + blob).digest() for blob in blobs]
    out = b"sallyport-ledger/1\n"
    for first in range(0, len(blobs), 256):
        block = blobs[first : first + 256]
        bundle = b"".join(struct.pack(">H", len(blob)) + blob for blob in block)
        out += _part(b"E", first, len(block), len(bundle)) + b"".join(leaves[first : first + 256]) + bundle
    note = _note(origin, seed, len(blobs), _root(leaves))
    out += _part(b"C", len(blobs), 0, len(note)) + note + hashlib.sha256(note).digest()[:4]
    path.write_bytes(out + _part(b"Z", len(blobs), 0, 0))
    return path
