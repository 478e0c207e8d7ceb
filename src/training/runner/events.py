"""What happens in a run, as JSON lines: in events.jsonl and on standard output."""

import json
import os
import sys
import time


PREEMPTED = 75


class Stop(Exception):
    """Ends the run with a message for the user. `code` is stable; `status` is the exit status."""

    def __init__(self, code, message, status=1):
        super().__init__(message)
        self.code, self.status = code, status


class Events:
    """Only the first process of several writes."""

    def __init__(self, path, attempt, rank=0):
        self._file = open(path, "a", encoding="utf-8") if rank == 0 else None
        self._attempt = attempt
        if self._file and self._file.tell() > 0:
            self._end_torn_line(path)

    def _end_torn_line(self, path):
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                self._file.write("\n")

    def write(self, type, **fields):
        if not self._file:
            return
        line = json.dumps({"type": type, "attempt": self._attempt, "time": round(time.time(), 3), **fields})
        self._file.write(line + "\n")
        self._file.flush()
        print(line, flush=True)
