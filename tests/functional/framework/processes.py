"""A server process: started directly, ended by its own pid, started again after it was killed."""

import signal
import subprocess
import threading
import time


class Process:
    def __init__(self, words, log):
        self.words, self.log = [str(w) for w in words], log
        self.child, self.kills, self.lock = None, 0, threading.RLock()

    def start(self):
        with self.lock, open(self.log, "ab") as log:
            assert self.child is None or self.child.poll() is not None
            self.child = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def running(self):
        return self.child is not None and self.child.poll() is None

    def ended_by_itself(self):
        return self.child is not None and self.child.poll() is not None

    def kill(self):
        """kill -9, and gone when this returns."""
        with self.lock:
            self.child.kill()
            self.child.wait()
            self.kills += 1

    def kill_and_restart(self):
        with self.lock:
            self.kill()
            self.start()

    def stop(self):
        with self.lock:
            if not self.running():
                return
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise AssertionError(f"{self.words[0]} does not stop") from None

    def logged(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Keeper:
    """Starts again what ended, as `sallyport up` does, and counts how it ended."""

    def __init__(self, site):
        self.site, self.over, self.ends = site, threading.Event(), {}
        self.held = threading.Lock()  # by whoever starts and stops on purpose
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.is_set():
            with self.held:
                for name in ("daemon", "executor"):
                    process = getattr(self.site, name)
                    if process.ended_by_itself():
                        end = (name, process.child.returncode)
                        self.ends[end] = self.ends.get(end, 0) + 1
                        process.start()
            time.sleep(0.02)

    def stop(self):
        self.over.set()
        self.thread.join()
