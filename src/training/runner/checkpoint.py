"""Checkpoints that are whole or not there: written aside, checked by their sha256 when read."""

import errno
import hashlib
import json
import os
import shutil

import torch

from events import Stop

KEPT = 2


def save(folder, step, state):
    name = os.path.join(folder, f"step-{step:08d}")
    aside = name + ".part"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        os.makedirs(aside)
        path = os.path.join(aside, "state.pt")
        torch.save(state, path)
        with open(os.path.join(aside, "sha256.json"), "w", encoding="utf-8") as file:
            json.dump({"state.pt": digest(path)}, file)
            file.flush()
            os.fsync(file.fileno())
        shutil.rmtree(name, ignore_errors=True)
        os.rename(aside, name)
    except (OSError, RuntimeError) as error:
        shutil.rmtree(aside, ignore_errors=True)
        # torch hides a full disk behind an error of its own.
        if getattr(error, "errno", None) == errno.ENOSPC or shutil.disk_usage(folder).free < 1 << 20 or "file write failed" in str(error):
            raise Stop("disk_full", f"No room for a checkpoint in {folder}: free some, then train again; it goes on from the last one.")
        raise
    for old in names(folder)[:-KEPT]:
        shutil.rmtree(os.path.join(folder, old), ignore_errors=True)


def load(folder, warn):
    """The newest one that is whole, or None. What a kill left half written is removed."""
    for name in os.listdir(folder):
        if name.endswith(".part"):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    for name in reversed(names(folder)):
        path = os.path.join(folder, name, "state.pt")
        try:
            with open(os.path.join(folder, name, "sha256.json"), encoding="utf-8") as file:
                if json.load(file)["state.pt"] == digest(path):
                    # Mapped, not read: of several processes each needs a part only.
                    return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except (OSError, ValueError, KeyError):
            pass
        warn(f"Checkpoint {name} is damaged and was passed over.")
    return None


def names(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith("step-") and not name.endswith(".part"))


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
