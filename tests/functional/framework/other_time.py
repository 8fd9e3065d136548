"""Programs that live at another time: libfaketime shows them the clock that a file holds, which stands still until
somebody sets it; a few lines of our own (elapsed_time.c) do the same with the time since the machine was started. So
the one can be set without the other, as somebody would who answers for the time service. Deadlines and sleeps are
measured by the true clock. No program has to know of it: nothing in Sallyport has a hook for tests.
"""

import datetime
import glob
import os
import pathlib
import subprocess

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"  # of the package faketime; MT: for programs with threads
ELAPSED = pathlib.Path(__file__).with_name("elapsed_time.c")
STARTED_BEFORE = datetime.timedelta(days=1)  # the machine, before the first time that is shown


class Clock:
    """Time goes by, and never back; somebody may set the clock."""

    def __init__(self, file, now):
        found = glob.glob(LIBRARIES)
        assert found, "libfaketime is not installed: scripts/install test"
        built = file.with_suffix(".elapsed.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, ELAPSED, "-ldl"], check=True)
        self.preloaded = f"{built}:{found[0]}"
        self.file, self.elapsed_file = file, file.with_suffix(".elapsed")
        self.started, self.now, self.set_by = now - STARTED_BEFORE, now, datetime.timedelta()
        self._write()

    def set(self, now):
        """Time goes by until the clock shows this."""
        assert now >= self.now, f"{now} is before {self.now}"
        self.now = now
        self._write()

    def step(self, by):
        """Somebody sets it on, or back."""
        self.set_by += by
        self.now += by
        self._write()

    def set_right(self):
        self.step(-self.set_by)

    def was_right(self):
        """What it was set to is the time, after all."""
        self.started += self.set_by
        self.set_by = datetime.timedelta()

    def _write(self):
        elapsed = int((self.now - self.set_by - self.started).total_seconds())
        self._replace(self.elapsed_file, f"{elapsed}\n")
        self._replace(self.file, self.now.strftime("%Y-%m-%d %H:%M:%S") + "\n")

    @staticmethod
    def _replace(file, text):
        new = file.with_name(file.name + ".new")
        new.write_text(text)
        os.replace(new, file)

    def words(self, words):
        return [
            "/usr/bin/env",
            "TZ=UTC",
            f"LD_PRELOAD={self.preloaded}",
            f"FAKETIME_TIMESTAMP_FILE={self.file}",
            f"ELAPSED_TIME_FILE={self.elapsed_file}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            *words,
        ]


def utc(year, month, day):
    return datetime.datetime(year, month, day, tzinfo=datetime.timezone.utc)
