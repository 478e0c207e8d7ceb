"""Makes the Python environment that the runner needs, once per machine and set of requirements; prints its interpreter."""

import fcntl
import hashlib
import os
import subprocess
import sys

# Before all that depends on it, so that one build of torch is chosen and kept.
TORCH = "torch==2.13.0"


def main():
    requirements = os.path.join(os.path.dirname(os.path.abspath(__file__)), "requirements.txt")
    with open(requirements, "rb") as file:
        key = hashlib.sha256(TORCH.encode() + file.read()).hexdigest()[:12]
    folder = os.path.join(cache(), "python", f"training-{key}")
    python, ready = os.path.join(folder, "bin", "python"), os.path.join(folder, "ready")
    os.makedirs(folder, exist_ok=True)
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(ready):
            if sys.version_info < (3, 11):
                sys.exit(f"Python 3.11 or newer is needed to train; this is {sys.version.split()[0]}: install one, or name it with --python.")
            quiet = {"stdout": sys.stderr, "check": True}
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], **quiet)
            for wanted in ([TORCH], ["-r", requirements]):
                subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], **quiet)
            with open(ready, "w", encoding="utf-8"):
                pass
    print(python)


def cache():
    if os.environ.get("APPRENTICE_CACHE"):
        return os.path.abspath(os.environ["APPRENTICE_CACHE"])
    if os.environ.get("XDG_CACHE_HOME"):
        return os.path.join(os.environ["XDG_CACHE_HOME"], "apprentice")
    home = os.path.expanduser("~")
    return os.path.join(home, "Library", "Caches", "apprentice") if sys.platform == "darwin" else os.path.join(home, ".cache", "apprentice")


if __name__ == "__main__":
    main()
