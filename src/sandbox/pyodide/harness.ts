import { harnessFunctions } from "./harness-functions.ts";
import { harnessSeal } from "./harness-seal.ts";

/**
 * The Python side. It runs inside the sealed interpreter, so code can change it: that hurts only that code's own
 * session, since limits, output and tool calls are kept by the host.
 *
 * `_host(text)` and `_write(bytes)` are put into the module by the worker. Everything else crosses as JSON text.
 */
export const harness = String.raw`
import ast, asyncio, builtins, codeop, gc, inspect, io, json, keyword, linecache, os, random, sys, time, types, typing

VALUE_CHARS = 20_000
VALUE_NAME = " value"  # not an identifier, so no code can mean it


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


${harnessFunctions}

${harnessSeal}

def configure(text):
    global main, functions, count
    options = json.loads(text)
    functions = {spec["name"]: make_function(spec) for spec in options["functions"]} | {"final_answer": final_answer}
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    main.ToolError = ToolError
    main.__dict__.update(functions)
    for name, function in functions.items():
        # Models import what is there already: "import search", "from search import search".
        if name not in sys.modules and name not in sys.stdlib_module_names:
            setattr(function, name, function)
            sys.modules[name] = function
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
    if isinstance(last, ast.Expr):
        kept = ast.copy_location(ast.Name(VALUE_NAME, ast.Store()), last)
        tree.body[-1] = ast.copy_location(ast.Assign([kept], last.value), last)
    elif isinstance(last, ast.Assign):
        last.targets.insert(0, ast.copy_location(ast.Name(VALUE_NAME, ast.Store()), last))
    elif isinstance(last, (ast.AugAssign, ast.AnnAssign)) and isinstance(last.target, ast.Name):
        return last.target.id
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
    for name, function in functions.items():
        # Models import what is there already: "import search", "from search import search".
        if name not in sys.modules and name not in sys.stdlib_module_names:
            setattr(function, name, function)
            sys.modules[name] = function
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
    except (FinalAnswer, Deferred):
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


def incomplete(error, source):
    # The parser knows where it wanted more; and what is wrong in the last line may still become right.
    return type(error).__name__ == "_IncompleteInputError" or (error.lineno or 1) >= len(source.splitlines())


def check(source):
    try:
        compile(source, "<action>", "exec", flags=codeop.PyCF_ALLOW_INCOMPLETE_INPUT, dont_inherit=True)
    except SyntaxError as error:
        return json.dumps({"message": str(error.msg), "line": error.lineno or 1, "incomplete": incomplete(error, source)})
    except (ValueError, MemoryError, RecursionError) as error:
        return json.dumps({"message": str(error) or type(error).__name__, "line": 1, "incomplete": False})
    return "{}"
`;

/** Modules that most code uses: imported once, before the snapshot. */
export const preloadedModules = [
  "math", "cmath", "decimal", "fractions", "statistics", "random", "itertools", "functools", "operator", "collections",
  "heapq", "bisect", "array", "string", "re", "textwrap", "json", "csv", "datetime", "calendar", "time", "copy", "enum",
  "dataclasses", "typing", "inspect", "traceback", "io", "os", "sys", "pprint", "hashlib", "base64", "uuid",
  "contextlib", "abc", "numbers", "unicodedata", "difflib", "html", "urllib.parse", "pydoc",
] as const;
