# %% os.system
import os
print(os.system("touch NEW; cat FILE"))
# %% os.system of the posix module
import posix
print(posix.system("touch NEW; cat FILE"))
# %% the original os.system, found again
import importlib, sys
del sys.modules["os"], sys.modules["posix"]
import posix
print(posix.system("touch NEW"))
# %% subprocess with a shell
import subprocess
print(subprocess.run("touch NEW; cat FILE", shell=True, capture_output=True))
# %% subprocess internals
import _posixsubprocess
_posixsubprocess.fork_exec()
# %% popen
import os
print(os.popen("cat FILE").read())
# %% execv
import os
os.execv("/bin/sh", ["sh", "-c", "touch NEW"])
# %% fork
import os
print(os.fork())
# %% spawn
import os
os.posix_spawn("/bin/touch", ["touch", "NEW"], {})
# %% exit the process
import os
os._exit(7)
# %% abort the process
import os
os.abort()
# %% kill the host
import os, signal
os.kill(os.getppid(), signal.SIGKILL)
# %% kill itself
import os
os.kill(os.getpid(), 9)
# %% multiprocessing
import multiprocessing
multiprocessing.Process(target=print).start()
# %% threads
import _thread
_thread.start_new_thread(print, ("ESCAPED",))
