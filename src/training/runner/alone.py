"""One attempt trains at a time, and none without the shell that would tell how it ended."""

import fcntl
import os
import threading
import time

from events import PREEMPTED, Stop


def hold(path, interrupted, events):
    """Waits until no other attempt holds the file; it is held as long as it is open."""
    file = open(path, "w", encoding="utf-8")
    waiting = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if not waiting:
                events.write("warning", message="An earlier attempt is still at work: waiting until it has saved.")
            waiting = True
        except OSError:
            # A file system without locks.
            return file
        if interrupted.is_set():
            raise Stop("preempted", "Interrupted before it began.", PREEMPTED)
        time.sleep(0.2)


def end_with_parent(interrupted):
    """A shell that was killed tells its child nothing."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        interrupted.set()

    threading.Thread(target=watch, daemon=True).start()
