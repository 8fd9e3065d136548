"""A client of transparency logs, written from C2SP tlog-tiles, tlog-checkpoint and signed-note. It knows no Sallyport.

    log = TiledLog(fetch, vkey)        # fetch(path) -> bytes; the path is relative to the log's prefix
    old = log.checkpoint()
    log.entries(old)                   # all of them, each held against the signed root
    log.consistent(old, log.checkpoint())
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEIGHT, WIDTH, HASH = 8, 256, 32


def sha256(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


def mth(hashes):
    """RFC 6962 section 2.1, over hashes of leaves or of full subtrees of one height."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node(mth(hashes[:split]), mth(hashes[split:]))


def number_path(number):
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups)


class TiledLog:
    def __init__(self, fetch, vkey):
        self.fetch = fetch
        self.name, key_id, key = vkey.split("+", 2)
        raw = base64.b64decode(key, validate=True)
        assert raw[0] == 1, "an Ed25519 key"
        self.key_id = bytes.fromhex(key_id)
        assert self.key_id == sha256(self.name.encode() + b"\n" + raw)[:4]
        self.key = Ed25519PublicKey.from_public_bytes(raw[1:])

    def checkpoint(self):
        """(size, root), signed."""
        note = self.fetch("checkpoint").decode()
        body, signatures = note[: note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2 :]
        mine = [
            line.split(" ") for line in signatures.splitlines() if line.startswith(f"\N{EM DASH} {self.name} ")
        ]
        raw = base64.b64decode(mine[0][2], validate=True)
        assert raw[:4] == self.key_id
        self.key.verify(raw[4:], body.encode())
        origin, size, root, end = body.split("\n")
        assert origin == self.name and end == ""
        return int(size), base64.b64decode(root, validate=True)

    def width(self, level, number, size):
        """Of a tile in a tree of that size: partial tiles are those at the right edge."""
        return min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH)

    def path(self, kind, number, width):
        partial = "" if width == WIDTH else f".p/{width}"
        return f"tile/{kind}/{number_path(number)}{partial}"

    def tile(self, level, number, size):
        width = self.width(level, number, size)
        data = self.fetch(self.path(level, number, width))
        assert len(data) == width * HASH
        return [data[i : i + HASH] for i in range(0, len(data), HASH)]

    def subtree(self, height, number, size):
        """The root of the full subtree of 2^height leaves, from the tiles."""
        level, inside = divmod(height, HEIGHT)
        tile, first = divmod(number << inside, WIDTH)
        return mth(self.tile(level, tile, size)[first : first + (1 << inside)])

    def root_from_tiles(self, size, of=None):
        """The root at `size`, out of the tiles of a tree of `of` leaves."""
        roots, begin = [], 0
        while begin < size:
            height = (size - begin).bit_length() - 1
            roots.append(self.subtree(height, begin >> height, of or size))
            begin += 1 << height
        root = roots.pop()
        while roots:
            root = node(roots.pop(), root)
        return root

    def entries(self, checkpoint):
        """All of them; each hashes to its leaf in tile level 0, and the leaves to the root."""
        size, root = checkpoint
        out, leaves = [], []
        for number in range((size + WIDTH - 1) // WIDTH):
            width = self.width(0, number, size)
            data = self.fetch(self.path("entries", number, width))
            at, here = 0, []
            while at < len(data):
                length = int.from_bytes(data[at : at + 2], "big")
                here.append(data[at + 2 : at + 2 + length])
                assert len(here[-1]) == length
                at += 2 + length
            assert len(here) == width
            hashes = [sha256(b"\0" + entry) for entry in here]
            assert hashes == self.tile(0, number, size)
            out += here
            leaves += hashes
        assert mth(leaves) == root, "the entries lead to the signed root"
        return out

    def consistent(self, old, new):
        """Both roots come out of the tiles of the new tree."""
        assert old[0] <= new[0]
        assert self.root_from_tiles(old[0], of=new[0]) == old[1]
        assert self.root_from_tiles(new[0]) == new[1]
