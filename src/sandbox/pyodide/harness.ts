/**
 * The Python side. It runs inside the sealed interpreter, so code can change it: that hurts only that code's own
 * session, since limits, output and tool calls are kept by the host.
 *
 * `_host(text)` and `_write(bytes)` are put into the module by the worker. Everything else crosses as JSON text.
 */
export const harness = String.raw`
import ast, asyncio, builtins, gc, inspect, io, json, linecache, os, random, sys, time, types, typing

VALUE_CHARS = 20_000
VALUE_NAME = " value"  # not an identifier, so no code can mean it


class ToolError(RuntimeError):
    """A tool failed; the message says why."""


class ToolCallLimitError(BaseException):
    """The action called more tools than it may."""


class FinalAnswer(BaseException):
    """final_answer ends the action with this."""


class Output(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        _write(data)
        return len(data)


def open_output():
    return io.TextIOWrapper(
        io.BufferedWriter(Output(), 1), encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True
    )


def cut(text):
    if len(text) <= VALUE_CHARS:
        return text
    return f"{text[:VALUE_CHARS]}… [cut: {len(text) - VALUE_CHARS} more characters]"


def safe_str(value):
    try:
        return cut(str(value))
    except Exception as error:
        return f"<{type(value).__name__}: str() raised {type(error).__name__}>"


def exact_int(digits):
    value = int(digits)
    if abs(value) > 2**53:
        raise ValueError("JSON readers would round it")
    return value


def to_json(value):
    try:
        text = json.dumps(value, allow_nan=False)
        json.loads(text, parse_int=exact_int)
        return text
    except Exception:
        return None


def final_answer(answer):
    """Gives the final answer to the task and ends."""
    _host(json.dumps({"op": "final", "text": cut(str(answer)), "json": to_json(answer)}))
    raise FinalAnswer()


def call_tool(name, args):
    try:
        request = json.dumps({"op": "tool", "name": name, "args": args}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{name}: every argument must be plain data (JSON): {error}") from None
    reply = json.loads(_host(request))
    if reply["ok"]:
        return reply["value"]
    if reply.get("limit"):
        raise ToolCallLimitError(reply["message"])
    raise ToolError(reply["message"])


def annotation(text):
    try:
        return eval(text, {**vars(typing), **vars(builtins)})
    except Exception:
        return text


def signature(spec):
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters, optional = [], False
    for parameter in spec["parameters"]:
        given = "default" in parameter
        if optional and not given:
            kind = inspect.Parameter.KEYWORD_ONLY
        optional = optional or given
        parameters.append(inspect.Parameter(
            parameter["name"], kind, annotation=annotation(parameter["annotation"]),
            default=parameter["default"] if given else inspect.Parameter.empty,
        ))
    return inspect.Signature(parameters, return_annotation=annotation(spec["returns"]))


def make_function(spec):
    name, signed = spec["name"], signature(spec)

    def function(*args, **kwargs):
        try:
            bound = signed.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        bound.apply_defaults()
        return call_tool(name, dict(bound.arguments))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "__main__"
    function.__doc__ = spec["docstring"]
    function.__signature__ = signed
    function.__annotations__ = {p.name: p.annotation for p in signed.parameters.values()} | {"return": signed.return_annotation}
    return function


def no_input(prompt="", /):
    raise EOFError("input() is not available here: nobody is there to type")


def no_process(*args, **kwargs):
    raise PermissionError("processes are not available in the sandbox")


class Waiting:
    """Selector without files: waits for the time of the next callback."""

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("the event loop waits for something that cannot happen here")
        time.sleep(max(0, timeout))
        return []


class EventLoop(asyncio.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = Waiting()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


class EventLoopPolicy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = EventLoop


class Bridge:
    """Finder that hides the modules through which Python reaches JavaScript."""

    hidden = {"js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes", "micropip"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in cls.hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def close_bridge():
    for name in [name for name in sys.modules if name.partition(".")[0] in Bridge.hidden]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__.partition(".")[0] not in Bridge.hidden]
    sys.meta_path.insert(0, Bridge)
    sys.excepthook = sys.__excepthook__
    # Pyodide's own would wait in JavaScript's event loop.
    asyncio.events._set_event_loop_policy(EventLoopPolicy())
    asyncio.events._set_running_loop(None)
    asyncio.run = getattr(asyncio.run, "__wrapped__", asyncio.run)
    time.sleep = getattr(time.sleep, "__wrapped__", time.sleep)
    builtins.input = no_input
    os.system = os.popen = no_process


def configure(text):
    global main, functions, count
    options = json.loads(text)
    functions = {spec["name"]: make_function(spec) for spec in options["functions"]} | {"final_answer": final_answer}
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    main.ToolError = ToolError
    main.__dict__.update(functions)
    sys.modules["__main__"] = main
    sys.path[:] = [entry for entry in sys.path if entry]
    count = 0
    random.seed(options["seed"])
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(options["seed"] % 2**32)
    return "{}"


def with_value(tree):
    """Makes the last statement also keep its value; returns the name that has it."""
    last = tree.body[-1] if tree.body else None
    kept = ast.Name(VALUE_NAME, ast.Store())
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([kept], last.value), last)
    elif isinstance(last, ast.Assign):
        last.targets.insert(0, kept)
    elif isinstance(last, (ast.AugAssign, ast.AnnAssign)) and isinstance(last.target, ast.Name):
        return last.target.id
    ast.fix_missing_locations(tree)
    return VALUE_NAME


def user_line(error, file):
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def describe(error, file):
    kind = "exception"
    line = user_line(error, file)
    message = safe_str(error)
    if isinstance(error, SyntaxError) and line is None:
        kind, line, message = "syntax", error.lineno, str(error.msg)
    elif isinstance(error, SystemExit):
        message = "the action ends by itself: exit is not needed"
    return {"kind": kind, "name": type(error).__name__, "message": message, "line": line}


def run(source):
    global count
    count += 1
    file = f"<action {count}>"
    sys.stdout = sys.stderr = output = open_output()
    main.__dict__.update(functions)
    main.__dict__.pop(VALUE_NAME, None)
    result = {}
    try:
        tree = ast.parse(source, file)
        name = with_value(tree)
        code = compile(tree, file, "exec", dont_inherit=True)
        # So that a traceback that the code prints shows its lines.
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        exec(code, main.__dict__)
        value = main.__dict__.get(name)
        main.__dict__.pop(VALUE_NAME, None)
        if value is not None:
            result["value"] = safe_str(value)
        del value
    except FinalAnswer:
        pass
    except BaseException as error:
        result["error"] = describe(error, file)
        # The frames would keep every local variable alive.
        error.__traceback__ = None
    finally:
        main.__dict__.pop(VALUE_NAME, None)
        try:
            output.flush()
        except Exception:
            pass
    return json.dumps(result)


def check(source):
    try:
        compile(source, "<action>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return json.dumps({"message": str(error.msg), "line": error.lineno or 1})
    except (ValueError, MemoryError, RecursionError) as error:
        return json.dumps({"message": str(error) or type(error).__name__, "line": 1})
    return "{}"
`;

/** Modules that most code uses: imported once, before the snapshot. */
export const preloadedModules = [
  "math", "cmath", "decimal", "fractions", "statistics", "random", "itertools", "functools", "operator", "collections",
  "heapq", "bisect", "array", "string", "re", "textwrap", "json", "csv", "datetime", "calendar", "time", "copy", "enum",
  "dataclasses", "typing", "inspect", "traceback", "io", "os", "sys", "pprint", "hashlib", "base64", "uuid",
  "contextlib", "abc", "numbers", "unicodedata", "difflib", "html", "urllib.parse", "pydoc",
] as const;
