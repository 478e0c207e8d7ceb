# %% endless loop
while True: pass
# %% loop that catches everything
while True:
    try:
        while True: pass
    except BaseException:
        pass
# %% one long call of C code
sum(range(10**12))
# %% sleep
import time
time.sleep(1e9)
# %% big power
10**10**8
# %% catastrophic regular expression
import re
re.match(r"(a+)+$", "a" * 60 + "b")
# %% list of billions
[0] * 10**9
# %% bytearray growth
b = bytearray()
while True: b += b"x" * 10**6
# %% string doubling
s = "x"
while True: s += s
# %% memory that is caught and asked for again
keep = []
while True:
    try:
        keep.append(bytearray(10**7))
    except MemoryError:
        pass
# %% deep recursion
def f(n): return f(n + 1)
f(0)
# %% deep recursion without the limit
import sys
sys.setrecursionlimit(2**31 - 1)
def f(n): return f(n + 1)
f(0)
# %% recursion of C code
x = []
for _ in range(10**6): x = [x]
repr(x)
# %% deep source
eval("(" * 10**5)
# %% deep unary operators
eval("-" * 10**5 + "1")
# %% recursion in a finaliser
class A:
    def __del__(self): A()
A()
# %% output flood
while True: print("x" * 10**5)
# %% output flood below Python
import os
while True: os.write(1, b"x" * 10**5)
# %% file system flood
with open("/tmp/flood", "wb") as f:
    while True: f.write(b"x" * 10**6)
# %% signal handler that never gives up
import signal
signal.signal(signal.SIGINT, lambda *_: None)
while True: pass
# %% str of the value loops
class A:
    def __str__(self):
        while True: pass
A()
# %% big integer as text
import sys
sys.set_int_max_str_digits(0)
str(1 << 10**8)
# %% exception whose message loops
class E(Exception):
    def __str__(self):
        while True: pass
raise E()
# %% huge exception message
raise ValueError("x" * 10**7)
