"""The file layer that fails (tests/faults/fault_layer.cc), as it is told what to do while a daemon runs."""

import errno
import mmap
import struct

from .processes import Process
from .site import BIN

LAYER = BIN.parent / "test" / "fault_layer.so"
CALLS = (
    ["opening", "writing", "reading", "syncing", "cutting", "renaming", "unlinking", "mapping", "locking", "chance"]
    + ["memory", "tls_memory", "sending", "receiving", "connecting", "accepting"]
)  # fmt: skip
PLACES = ["ledger", "clock_file", "directory", "elsewhere"]
# To wait is for as many milliseconds as `error` says.
EFFECTS = ["gives_error", "is_cut_short", "dies_before", "dies_within", "dies_after", "waits"]
HEAD = struct.Struct("<IIiIIiI")
COUNTS = struct.Struct(f"<{len(CALLS) * len(PLACES)}I")


class Faults:
    """What is to fail in one process, whichever life of it; it is not armed when it begins."""

    def __init__(self, file):
        self.file = file
        file.write_bytes(HEAD.pack(0, 0, -1, 0, 0, 0, 0) + COUNTS.pack(*[0] * (len(CALLS) * len(PLACES))))
        with open(file, "r+b") as opened:
            self.map = mmap.mmap(opened.fileno(), HEAD.size + COUNTS.size)

    def arm(self, call, n, places=PLACES, effect="gives_error", sticky=False, error=errno.EIO):
        """The n-th such call from now on; and, if it is sticky, each after it."""
        bits = sum(1 << PLACES.index(place) for place in places)
        head = [1 << CALLS.index(call), bits, -1, int(sticky), EFFECTS.index(effect), error, 0]
        self.map[: HEAD.size] = HEAD.pack(*head)
        self.map[8:12] = struct.pack("<i", n)

    def disarm(self):
        """How often it struck."""
        self.map[8:12] = struct.pack("<i", -1)
        return self.fired()

    def fired(self):
        return HEAD.unpack(self.map[: HEAD.size])[6]

    def counted(self):
        """How many calls there were: {(call, place): n}."""
        counts = COUNTS.unpack(self.map[HEAD.size :])
        return {(c, p): counts[i * len(PLACES) + j] for i, c in enumerate(CALLS) for j, p in enumerate(PLACES)}

    def environment(self, trace=None):
        assert LAYER.exists(), f"{LAYER} is not built: scripts/build"
        words = ["/usr/bin/env", f"LD_PRELOAD={LAYER}", f"SALLYPORT_FAULTS={self.file}"]
        return words + ([f"SALLYPORT_TRACE={trace}"] if trace else [])


def put_under(site, trace=None):
    """Both daemons of a site, started anew over a file layer that fails: [the daemon's, the executor's]."""
    layers = []
    site.stop_processes()
    for name in ("daemon", "executor"):
        faults = Faults(site.base / f"{name}.faults")
        process = getattr(site, name)
        setattr(site, name, Process([*faults.environment(trace), *process.words], process.log))
        layers.append(faults)
    site.start()
    return layers


__all__ = ["CALLS", "EFFECTS", "Faults", "LAYER", "PLACES", "put_under"]
