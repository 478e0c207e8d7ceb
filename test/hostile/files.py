# %% read a host file
print(open("FILE").read())
# %% write a host file
open("NEW", "w").write("x")
# %% write a host file in a made-up folder
import os
os.makedirs(os.path.dirname("NEW"), exist_ok=True)
open("NEW", "w").write("x")
# %% walk the whole tree for the canary
import os
for folder, _, names in os.walk("/"):
    for name in names:
        if name == os.path.basename("FILE"):
            print(open(os.path.join(folder, name)).read())
# %% climb out of the working folder
print(open("../" * 40 + "FILE".lstrip("/")).read())
# %% symlink to a host file
import os
os.symlink("FILE", "/tmp/link")
print(open("/tmp/link").read())
# %% proc self
for name in ("environ", "cmdline", "maps", "root", "cwd"):
    try:
        print(open(f"/proc/self/{name}").read())
    except OSError as error:
        print(error)
# %% every file descriptor
import os
for fd in range(64):
    try:
        print(fd, os.read(fd, 1000))
    except OSError:
        pass
# %% the host's terminal
for name in ("tty", "tty1", "console", "stdin"):
    try:
        print(open(f"/dev/{name}").read())
    except OSError as error:
        print(error)
# %% make the terminal's device again
import os, stat
os.mknod("/tmp/tty", stat.S_IFCHR | 0o666, os.makedev(5, 0))
print(open("/tmp/tty").read(), "ESCAPED")
# %% mount the host
import pyodide_js
pyodide_js.mountNodeFS("/mnt", "/")
print(open("/mnt/FILE").read())
# %% import from the host
import sys
sys.path.insert(0, "NEW")
import canary
# %% environment
import os
print(dict(os.environ), os.environb)
# %% environment of C
import posix
print(posix.environ)
# %% change the umask of the host
import os
print(os.umask(0o777))
# %% dynamic library
import _ctypes
_ctypes.dlopen("FILE", 0)
# %% extension module from a written file
import importlib.machinery, importlib.util
open("/tmp/evil.so", "wb").write(b"\0asm\1\0\0\0")
loader = importlib.machinery.ExtensionFileLoader("evil", "/tmp/evil.so")
spec = importlib.util.spec_from_file_location("evil", "/tmp/evil.so", loader=loader)
importlib.util.module_from_spec(spec)
print("ESCAPED")
# %% fill the memory with files
import os
for i in range(10**6):
    with open(f"/tmp/{i}", "wb") as f:
        f.write(b"x" * 10**6)
print("ESCAPED")
# %% fill the memory with removed files
import os
keep = []
for i in range(4000):
    keep.append(open("/tmp/gone", "wb"))
    os.remove("/tmp/gone")
    keep[-1].write(b"x" * 10**6)
    keep[-1].flush()
print("ESCAPED")
# %% a sparse file
f = open("/tmp/sparse", "wb")
f.seek(10**11)
f.write(b"x")
f.flush()
print("ESCAPED")
# %% truncate to a huge size
import os
open("/tmp/t", "wb").close()
os.truncate("/tmp/t", 10**12)
print("ESCAPED")
# %% fill the memory with links
import os
for i in range(10**6):
    os.symlink("x" * 4000, f"/tmp/{i}")
print("ESCAPED")
# %% fill the memory with empty files and folders
import os
for i in range(10**6):
    os.makedirs(f"/tmp/{i}/" + "x" * 200)
    open(f"/tmp/{i}/" + "y" * 200, "w").close()
print("ESCAPED")
