# %% replace run
import sys
sys.modules["_apprentice"].run = None
# %% replace run's helpers
import sys
sys.modules["_apprentice"].json = None
# %% results that are no JSON
import sys, json
sys.modules["_apprentice"].json.dumps = lambda *a, **k: "}{"
# %% a result of another shape
import sys
sys.modules["_apprentice"].run.__code__ = (lambda source: '{"error": [1, 2], "value": {"a": 1}}').__code__
# %% a result that is very long
import sys
sys.modules["_apprentice"].run.__code__ = (lambda source: '"' + "x" * 10**7 + '"').__code__
# %% a result that is no text
import sys
sys.modules["_apprentice"].run.__code__ = (lambda source: 5).__code__
# %% drop every builtin
import builtins
for name in list(vars(builtins)):
    delattr(builtins, name)
# %% empty the harness
import sys
vars(sys.modules["_apprentice"]).clear()
# %% close all files
import os
os.closerange(0, 64)
# %% remove the standard library
import shutil
shutil.rmtree("/lib", ignore_errors=True)
# %% break standard output
import sys
sys.stdout.close()
sys.stdout = None
# %% walk the frames up
import sys
frame = sys._getframe()
while frame.f_back:
    frame = frame.f_back
frame.f_globals.clear()
# %% trace function
import sys
def trace(frame, event, arg):
    raise KeyboardInterrupt
sys.settrace(trace)
print("x")
# %% audit hook that cannot be removed
import sys
def hook(*_): raise RuntimeError("no")
sys.addaudithook(hook)
# %% recursion limit of one
import sys
sys.setrecursionlimit(20)
# %% raise on collection
import gc
def callback(*_): raise SystemExit
gc.callbacks.append(callback)
gc.collect()
# %% exception without text
class E(BaseException):
    __slots__ = ()
    def __str__(self): raise self
raise E()
# %% exception with a strange name
raise type("A\n\0B", (Exception,), {})("x")
