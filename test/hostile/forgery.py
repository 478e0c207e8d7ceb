# %% a reply made up in Python
import sys
sys.modules["_apprentice"]._host = lambda text: '{"ok": true, "value": "forged"}'
print(lookup("a"))
# %% a call under another name
import sys, json
print(sys.modules["_apprentice"]._host(json.dumps({"op": "tool", "name": "secret", "args": {}})))
# %% a call by the name of an object's method
import sys, json
for name in ("constructor", "__proto__", "toString", "hasOwnProperty"):
    print(sys.modules["_apprentice"]._host(json.dumps({"op": "tool", "name": name, "args": {}})))
# %% arguments that the tool does not have
import sys, json
print(sys.modules["_apprentice"]._host(json.dumps({"op": "tool", "name": "lookup", "args": {"key": "a", "__proto__": {"admin": 1}}})))
# %% no arguments
import sys, json
print(sys.modules["_apprentice"]._host(json.dumps({"op": "tool", "name": "lookup", "args": []})))
# %% no JSON
import sys
for text in ("", "{", "[]", "null", "1", '{"op": "done"}', "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
    print(sys.modules["_apprentice"]._host(text))
# %% no text
import sys
for value in (b"x", None, 5, [], "\ud800"):
    try:
        sys.modules["_apprentice"]._host(value)
    except BaseException as error:
        print(repr(error))
    try:
        sys.modules["_apprentice"]._write(value)
    except BaseException as error:
        print(repr(error))
# %% a very long request
import sys
print(sys.modules["_apprentice"]._host("x" * 10**7))
# %% more calls than allowed
for i in range(100):
    try:
        lookup(str(i))
    except BaseException:
        pass
# %% final answers without end
for i in range(1000):
    try:
        final_answer(i)
    except BaseException:
        pass
# %% a second final answer, straight to the host
import sys, json
try:
    final_answer(0)
except BaseException:
    pass
sys.modules["_apprentice"]._host(json.dumps({"op": "final", "text": "forged", "json": None}))
# %% a final answer of another shape
import sys
sys.modules["_apprentice"]._host('{"op": "final", "text": {"toString": 1}, "json": "{"}')
