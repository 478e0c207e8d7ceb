import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pyodideSandbox, type Attempt, type HostFunction, type Session } from "../src/sandbox/index.ts";

const sandbox = pyodideSandbox();
const called: unknown[] = [];

const search: HostFunction = {
  name: "search",
  parameters: [
    { name: "query", annotation: "str" },
    { name: "k", annotation: "int", default: 3 },
  ],
  returns: "list[str]",
  docstring: "Searches the index.\n\nArgs:\n    query: what to look for.",
  call: async (args) => {
    called.push(args);
    if (args["query"] === "broken") throw new Error("the index is offline");
    return [`${String(args["query"])} × ${String(args["k"])}`];
  },
};

let session: Session;
beforeAll(async () => {
  session = await sandbox.open({ functions: [search] });
});
afterAll(() => sandbox.dispose());

function run(source: string, where: Session = session): Promise<Attempt> {
  return where.run(source);
}

describe("an action", () => {
  test("keeps variables for the next one", async () => {
    await run("x = [1, 2]\ndef double(n): return 2 * n");
    expect((await run("x.append(double(3)); x")).value).toBe("[1, 2, 6]");
  });

  test.each([
    ["1 + 1", "2"],
    ["a = 5", "5"],
    ["a += 1", "6"],
    ["b: int = 7", "7"],
    ["c, d = 1, 2", "(1, 2)"],
    ["None", undefined],
    ["for i in range(3): i", undefined],
    ["", undefined],
    ["# nothing", undefined],
    ["'x' * 30_000", `${"x".repeat(20_000)}… [cut: 10000 more characters]`],
  ])("has the value of its last statement: %s", async (source, value) => {
    expect((await run(source)).value).toBe(value);
  });

  test("shows what it printed, in order, also when it fails", async () => {
    const attempt = await run("import sys, os\nprint('a')\nprint('b', file=sys.stderr)\nos.write(1, b'c\\n')\nprint('é', end='')\n1/0");
    expect(attempt.stdout).toBe("a\nb\nc\né");
    expect(attempt.error).toEqual({ kind: "exception", name: "ZeroDivisionError", message: "division by zero", line: 6, stateLost: false });
    expect(attempt.value).toBeUndefined();
  });

  test("that does not parse is a syntax error with its line", async () => {
    const attempt = await run("x = 1\ny = (");
    expect(attempt.error).toMatchObject({ kind: "syntax", name: "SyntaxError", line: 2, stateLost: false });
    expect((await run("exec('1 +')")).error).toMatchObject({ kind: "exception", name: "SyntaxError", line: 1 });
  });

  test("names the innermost line of its own source", async () => {
    expect((await run("def f():\n    return {}['k']\n\nf()")).error).toMatchObject({ name: "KeyError", message: "'k'", line: 2 });
    expect((await run("import json\njson.loads('{')")).error).toMatchObject({ name: "JSONDecodeError", line: 2 });
  });

  test("shows only its own frames in a traceback that it prints", async () => {
    const { stdout } = await run("import traceback\ntry:\n    [][1]\nexcept IndexError:\n    traceback.print_exc()");
    expect(stdout).toContain("[][1]");
    expect(stdout).not.toContain("sandbox");
  });

  test("cannot read input or exit", async () => {
    expect((await run("input('name? ')")).error).toMatchObject({ kind: "exception", name: "EOFError", line: 1 });
    expect((await run("import sys; sys.exit(1)")).error).toMatchObject({ kind: "exception", name: "SystemExit", stateLost: false });
    expect((await run("1")).value).toBe("1");
  });

  test("has sympy, mpmath, classes, generators, dataclasses and asyncio", async () => {
    expect((await run("import sympy\nx = sympy.Symbol('x')\nsympy.integrate(sympy.sin(x) ** 2, (x, 0, sympy.pi))")).value).toBe("pi/2");
    expect((await run("import mpmath\nmpmath.mp.dps = 30\nmpmath.pi")).value).toBe("3.14159265358979323846264338328");
    expect((await run("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ng = (P(i) for i in range(2))\nnext(g)")).value).toBe("P(x=0)");
    expect((await run("next(g)")).value).toBe("P(x=1)");
    const gather = "import asyncio\nasync def f(i):\n    await asyncio.sleep(0.01)\n    return i\nasync def main(): return await asyncio.gather(f(1), f(2))\nasyncio.run(main())";
    expect((await run(gather)).value).toBe("[1, 2]");
  });

  test("sees the same random numbers for the same seed", async () => {
    const values = await Promise.all([1, 1, 2].map(async (seed) => {
      const own = await sandbox.open({ seed });
      const { value } = await run("import random; random.random()", own);
      await own.dispose();
      return value;
    }));
    expect(values[0]).toBe(values[1]);
    expect(values[0]).not.toBe(values[2]);
  });
});

describe("final_answer", () => {
  test.each([
    ["final_answer(42)", { text: "42", json: 42 }],
    ["final_answer('Paris')", { text: "Paris", json: "Paris" }],
    ["final_answer((1, [2.5, None, True]))", { text: "(1, [2.5, None, True])", json: [1, [2.5, null, true]] }],
    ["final_answer({'a': 1})", { text: "{'a': 1}", json: { a: 1 } }],
    ["final_answer(None)", { text: "None", json: null }],
    ["final_answer(2**53 + 1)", { text: "9007199254740993" }],
    ["final_answer(float('nan'))", { text: "nan" }],
    ["import sympy\nfinal_answer(sympy.sqrt(2))", { text: "sqrt(2)" }],
    ["final_answer(1)\nfinal_answer(2)", { text: "1", json: 1 }],
    ["try:\n    final_answer('kept')\nexcept BaseException:\n    print('caught')", { text: "kept", json: "kept" }],
    ["final_answer = None", undefined],
    ["final_answer('defined again')", { text: "defined again", json: "defined again" }],
  ])("%s", async (source, answer) => {
    const attempt = await run(source);
    expect(attempt.finalAnswer).toEqual(answer);
    expect(attempt.error).toBeUndefined();
  });

  test("of a value that cannot be shown is that value's error", async () => {
    const attempt = await run("class A:\n    def __str__(self): raise KeyError('k')\nfinal_answer(A())");
    expect(attempt.finalAnswer).toBeUndefined();
    expect(attempt.error).toMatchObject({ name: "KeyError", line: 2 });
  });
});

describe("a function of the host", () => {
  test("is an ordinary Python function", async () => {
    const { stdout, value } = await run("import inspect\nhelp(search)\nstr(inspect.signature(search)), search.__doc__[:8], search.__name__");
    expect(stdout).toContain("search(query: str, k: int = 3) -> list[str]");
    expect(value).toBe("('(query: str, k: int = 3) -> list[str]', 'Searches', 'search')");
  });

  test("returns its value, and the call is on record", async () => {
    const attempt = await run("search('cats')[0] + search(query='dogs', k=1)[0]");
    expect(attempt.value).toBe("cats × 3dogs × 1");
    expect(attempt.toolCalls.map(({ name, args, result }) => ({ name, args, result }))).toEqual([
      { name: "search", args: { query: "cats", k: 3 }, result: { ok: true, value: ["cats × 3"] } },
      { name: "search", args: { query: "dogs", k: 1 }, result: { ok: true, value: ["dogs × 1"] } },
    ]);
  });

  test("is there already, and may be imported as well", async () => {
    expect((await run("import search\nsearch('one')")).error).toBeUndefined();
    expect((await run("from search import search as find\nfind('one')")).toolCalls).toHaveLength(1);
    expect((await run("from final_answer import final_answer\nfinal_answer(4)")).finalAnswer?.text).toBe("4");
  });

  test("that throws raises ToolError with the message", async () => {
    const attempt = await run("try:\n    search('broken')\nexcept ToolError as error:\n    message = str(error)\nmessage");
    expect(attempt.stdout).toBe("");
    expect((await run("message")).value).toBe("the index is offline");
    expect(attempt.toolCalls[0]?.result).toEqual({ ok: false, message: "the index is offline" });
    expect((await run("search('broken')")).error).toMatchObject({ name: "ToolError", message: "the index is offline", line: 1 });
  });

  test.each(["search(object())", "search(float('nan'))", "search()", "search('a', 1, 2)", "search('a', size=3)", "a = []; a.append(a); search(a)"])(
    "refuses %s as a TypeError, without a call",
    async (source) => {
      const attempt = await run(source);
      expect(attempt.error).toMatchObject({ name: "TypeError", line: 1 });
      expect(attempt.error?.message).toMatch(/^search/);
      expect(attempt.toolCalls).toEqual([]);
    },
  );

  test("with a name that is not Python's is refused at once", async () => {
    await expect(sandbox.open({ functions: [{ ...search, name: "web-search" }] })).rejects.toMatchObject({ code: "sandbox_function_invalid" });
    await expect(sandbox.open({ functions: [{ ...search, name: "class" }] })).rejects.toMatchObject({ code: "sandbox_function_invalid" });
  });
});

describe("a session", () => {
  test("checks without running", async () => {
    expect(await session.check("print(1)")).toBeUndefined();
    expect(await session.check("x = 1\nfor")).toEqual({ message: "invalid syntax", line: 2, incomplete: true });
    expect(await session.check("x = = 1\ny = 2")).toEqual({ message: "invalid syntax", line: 1, incomplete: false });
    expect(await session.check("boom = 1")).toBeUndefined();
    expect((await run("boom")).error?.name).toBe("NameError");
  });

  test("runs one source after another", async () => {
    await run("counter = 1");
    const both = await Promise.all([run("counter += 1"), run("counter += 1")]);
    expect(both.map(({ value }) => value)).toEqual(["2", "3"]);
  });

  test("does not see another session's variables or files", async () => {
    await run("mine = 1\nopen('/tmp/mine', 'w').write('x')\nopen('/lib/wheels/sympy-1.14.0-py3-none-any.whl', 'r+b').write(b'spoiled')");
    const other = await sandbox.open();
    expect((await run("mine", other)).error?.name).toBe("NameError");
    expect((await run("import os; os.path.exists('/tmp/mine')", other)).value).toBe("False");
    expect((await run("open('/lib/wheels/sympy-1.14.0-py3-none-any.whl', 'rb').read(2)", other)).value).toBe("b'PK'");
    await other.dispose();
    await expect(run("1", other)).rejects.toMatchObject({ code: "sandbox_disposed" });
  });

  test("aborts at once, and is usable afterwards", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => abort.abort(reason), 50);
    await expect(session.run("while True: pass", { signal: abort.signal })).rejects.toBe(reason);
    expect((await run("6 * 7")).value).toBe("42");
  });

  test("aborts the tool that it waits for", async () => {
    const abort = new AbortController();
    let seen: AbortSignal | undefined;
    const slow: HostFunction = {
      ...search,
      call: (_args, signal) => {
        seen = signal;
        setTimeout(() => abort.abort(new Error("enough")), 20);
        return new Promise(() => {});
      },
    };
    const own = await sandbox.open({ functions: [slow] });
    await expect(own.run("search('x')", { signal: abort.signal })).rejects.toThrow("enough");
    expect(seen?.aborted).toBe(true);
    expect((await run("6 * 7", own)).value).toBe("42");
    await own.dispose();
  });
});

describe("the sandbox", () => {
  test("works without a cache, and makes a damaged one anew", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-cache-"));
    const once = async (cacheFolder: string): Promise<string | undefined> => {
      const own = pyodideSandbox({ cacheFolder });
      const { value } = await run("1 + 1", await own.open());
      await own.dispose();
      return value;
    };
    expect(await once(folder)).toBe("2");
    const [file] = readdirSync(folder);
    const path = join(folder, file ?? "");
    const good = readFileSync(path);
    const bad = Buffer.from(good);
    bad[bad.length - 100_000] = (bad[bad.length - 100_000] ?? 0) ^ 1;
    writeFileSync(path, bad);
    expect(await once(folder)).toBe("2");
    expect(readFileSync(path).equals(bad)).toBe(false);
    chmodSync(folder, 0o500);
    // A file is in the way, for root as well.
    expect(await once(join(path, "not-a-folder"))).toBe("2");
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  }, 180_000);

  test("takes wheels of the caller", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-wheel-"));
    makeWheel(join(folder, "greet-1.0-py3-none-any.whl"));
    const own = pyodideSandbox({ packages: [join(folder, "greet-1.0-py3-none-any.whl")], cacheFolder: folder });
    expect((await run("import greet\ngreet.hello()", await own.open())).value).toBe("hello");
    await own.dispose();
    await expect(pyodideSandbox({ packages: ["/nowhere/x.whl"] }).open()).rejects.toMatchObject({ code: "package_missing" });
    await expect(pyodideSandbox({ packages: ["x.tar.gz"] }).open()).rejects.toMatchObject({ code: "package_invalid" });
    rmSync(folder, { recursive: true });
  }, 180_000);

  test("lets the process end, idle or disposed", () => {
    const script = `
      import { pyodideSandbox } from "./src/sandbox/index.ts";
      const session = await pyodideSandbox().open();
      console.log((await session.run("6 * 7")).value);
    `;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", timeout: 60_000 });
    expect(output).toBe("42\n");
  });
});

function makeWheel(path: string): void {
  const script = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z: z.writestr('greet/__init__.py', 'def hello(): return \"hello\"')";
  execFileSync("python3", ["-c", script, path]);
}
