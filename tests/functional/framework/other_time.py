"""Programs that live at another time: libfaketime shows them the clock that a file holds, which stands still until
somebody sets it. Only the wall clock is theirs; deadlines and sleeps are measured by the true one. No program has to
know of it: nothing in Sallyport has a hook for tests.
"""

import datetime
import glob
import os

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"  # of the package faketime; MT: for programs with threads


class Clock:
    """Never runs backwards."""

    def __init__(self, file, now):
        found = glob.glob(LIBRARIES)
        assert found, "libfaketime is not installed: scripts/install test"
        self.preloaded, self.file, self.now = found[0], file, None
        self.set(now)

    def set(self, now):
        assert self.now is None or now >= self.now, f"{now} is before {self.now}"
        self.now = now
        new = self.file.with_suffix(".new")
        new.write_text(now.strftime("%Y-%m-%d %H:%M:%S") + "\n")
        os.replace(new, self.file)

    def words(self, words):
        return [
            "/usr/bin/env",
            "TZ=UTC",
            f"LD_PRELOAD={self.preloaded}",
            f"FAKETIME_TIMESTAMP_FILE={self.file}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            *words,
        ]


def utc(year, month, day):
    return datetime.datetime(year, month, day, tzinfo=datetime.timezone.utc)
