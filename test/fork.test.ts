import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../src/random.ts";
import type { Attempt, HostFunction, Session } from "../src/sandbox/index.ts";
import { compareWithReplay } from "./support/oracle.ts";
import { sandboxOf, tiers } from "./support/tiers.ts";

describe.each(tiers)("on the tier %s:", (tier) => {
  const sandbox = sandboxOf(tier, { workers: 2 });
  afterAll(() => sandbox.dispose());

  let asked: string[] = [];
  let written: string[] = [];
  const read: HostFunction = {
    name: "read",
    parameters: [{ name: "key", annotation: "str" }],
    returns: "str",
    docstring: "Reads.",
    effect: "read",
    call: async ({ key }) => {
      asked.push(String(key));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return `${String(key)}${asked.filter((each) => each === key).length}`;
    },
  };
  const write: HostFunction = { ...read, name: "write", docstring: "Writes.", effect: "write", call: async ({ key }) => written.push(String(key)) };

  let session: Session;
  beforeAll(async () => {
    session = await sandbox.open({ functions: [read, write] });
  });

  async function fork(...sources: string[]): Promise<Attempt[]> {
    const attempts: Attempt[] = [];
    for await (const attempt of session.fork(sources)) attempts[attempt.index] = attempt;
    return attempts;
  }

  function at<T>(items: readonly T[], index: number): T {
    const item = items[index];
    if (item === undefined) throw new Error(`There is no item ${index}.`);
    return item;
  }

  describe("a fork", () => {
    test("runs every source from the present state, and changes nothing", async () => {
      await session.run("xs = [1]");
      const attempts = await fork(...Array.from({ length: 4 }, (_, n) => `xs.append(${n})\nxs`));
      expect(attempts.map(({ value }) => value)).toEqual(["[1, 0]", "[1, 1]", "[1, 2]", "[1, 3]"]);
      expect((await fork("xs"))[0]?.value).toBe("[1]");
    });

    test("keeps what one attempt did once that is committed, and runs nothing again", async () => {
      await session.run("runs = []");
      const attempts = await fork("runs.append('a')", "runs.append('b')\nopen('/tmp/b', 'w').write('b')\ndef said(): return runs", "runs.append('c')");
      await session.commit(at(attempts, 1));
      expect((await session.run("said(), open('/tmp/b').read()")).value).toBe("(['b'], 'b')");
      await expect(session.commit(at(attempts, 0))).rejects.toMatchObject({ code: "attempt_unknown" });
    });

    test("gives all candidates the same random numbers and entropy", async () => {
      const look = "import os, random, uuid\n(random.random(), os.urandom(4), str(uuid.uuid4()))";
      const values = (await fork(look, `1\n${look}`, `\n\n${look}`)).map(({ value }) => value);
      expect(new Set(values).size).toBe(1);
    });

    test("begins at the same instant as other forks of the same state", async () => {
      await session.run("import time");
      const [first] = await fork("time.time()");
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const [later] = await fork("time.time()");
      expect(Number(later?.value)).toBeLessThan(Number(first?.value) + 2);
    });

    test("survives what its candidates do to themselves", async () => {
      await session.run("kept = 7");
      const overflow = "x = []\nfor _ in range(10**6): x = [x]\nrepr(x)";
      const memory = "b = bytearray()\nwhile True: b += b'x' * 10**7";
      const denied = "import ctypes";
      const attempts = await fork("kept += 1\nkept", overflow, memory, denied, "kept += 2\nkept");
      expect(attempts.map(({ error }) => error?.name)).toEqual([undefined, "RecursionError", "MemoryLimitError", "ModuleNotFoundError", undefined]);
      expect(attempts.every(({ error }) => !error?.stateLost)).toBe(true);
      await session.commit(at(attempts, 4));
      expect((await session.run("kept")).value).toBe("9");
    });

    test("of hostile code leaves the other candidates and the vote alone", async () => {
      await session.run("truth = 'yes'");
      const attack = [
        "import _apprentice\n_apprentice.run = _apprentice.check = lambda text: '{\"value\": \"forged\"}'",
        "import sys\nsys.modules['__main__'].__dict__['truth'] = 'no'\nimport builtins\nbuiltins.str = lambda value: 'forged'",
        "import gc\nfor thing in gc.get_objects():\n    if isinstance(thing, dict) and 'truth' in thing: thing['truth'] = 'no'",
        "import os\nfor fd in range(20):\n    try: os.close(fd)\n    except OSError: pass",
        "import random\nrandom.random = lambda: 0.5\nopen('/tmp/spoiled', 'w').write('x')",
      ];
      const attempts = await fork(...attack, "import os\nprint('out')\n(truth, str(1), os.path.exists('/tmp/spoiled'))");
      expect(attempts.at(-1)).toMatchObject({ stdout: "out\n", value: "('yes', '1', False)" });
      expect((await session.run("print('still')\n(truth, str(1))")).stdout).toBe("still\n");
    });

    test("ends at once when it is aborted", async () => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(new Error("enough")), 30);
      await expect(async () => {
        for await (const _ of session.fork(["while True: pass", "while True: pass"], { signal: abort.signal }));
      }).rejects.toThrow("enough");
      expect((await session.run("6 * 7")).value).toBe("42");
    });
  });

  describe("tools in candidates", () => {
    test("are told when the session is over", async () => {
      const told = Promise.withResolvers<unknown>();
      const begun = Promise.withResolvers<void>();
      const slow: HostFunction = { ...read, name: "slow", call: (_args, signal) => new Promise(() => (signal.addEventListener("abort", () => told.resolve(signal.reason)), begun.resolve())) };
      const ending = await sandbox.open({ functions: [slow] });
      const forking = (async () => {
        for await (const _ of ending.fork(["slow('a')"]));
      })();
      await begun.promise;
      await Promise.all([ending.dispose(), forking]);
      expect(await told.promise).toMatchObject({ code: "sandbox_disposed" });
    });

    test("reads are made once, also the second of two alike, and at the same time", async () => {
      asked = [];
      const source = "read('a') + read('a') + read('b')";
      const attempts = await fork(source, `1\n${source}`, "read('b')");
      expect(attempts.map(({ value }) => value)).toEqual(["a1a2b1", "a1a2b1", "b1"]);
      expect(asked.toSorted()).toEqual(["a", "a", "b"]);
      expect(attempts[0]?.toolCalls).toHaveLength(3);
    });

    test("writes wait until their candidate is committed; its reads are not made again", async () => {
      asked = [];
      written = [];
      await session.run("log = []");
      const attempts = await fork("print(read('k'))\nlog.append(write('one'))\nlog", "print(read('k'))\nwrite('two')", "try: write('three')\nexcept BaseException: pass\nprint('on')");
      expect(written).toEqual([]);
      expect(attempts.map(({ deferred }) => deferred)).toEqual(["one", "two", "three"].map((key) => ({ name: "write", args: { key } })));
      expect(attempts[0]).toMatchObject({ stdout: "k1\n" });
      const committed = await session.commit(at(attempts, 0));
      expect(committed).toMatchObject({ stdout: "k1\n", value: "[1]" });
      expect(committed.deferred).toBeUndefined();
      expect([asked, written]).toEqual([["k"], ["one"]]);
    });

    test("of functions that do not say what they do are taken for writes", async () => {
      const calls: string[] = [];
      const { effect: _effect, ...rest } = read;
      const unknown: HostFunction = { ...rest, name: "unknown", call: async ({ key }) => String(calls.push(String(key))) };
      const other = await sandbox.open({ functions: [unknown] });
      const attempts: Attempt[] = [];
      for await (const attempt of other.fork(["unknown('a')", "unknown('a')"])) attempts[attempt.index] = attempt;
      expect([attempts.map(({ deferred }) => deferred?.name), calls]).toEqual([["unknown", "unknown"], []]);
      await other.commit(at(attempts, 0));
      expect(calls).toEqual(["a"]);
      await other.dispose();
    });

    test("that run inside tools find an interpreter, however many wait", async () => {
      const nested: HostFunction = { ...read, name: "nested", call: async ({ key }) => {
        const depth = Number(key);
        if (depth === 0) return "deep";
        const inner = await sandbox.open({ functions: [nested] });
        const { value } = await inner.run(`nested('${depth - 1}')`);
        await inner.dispose();
        return value ?? "";
      } };
      const outer = await sandbox.open({ functions: [nested] });
      expect((await outer.run("nested('4')")).value).toBe("deep");
      await outer.dispose();
    });
  });

  describe("many sessions", () => {
    test("share two interpreters without seeing each other", async () => {
      const sessions = await Promise.all(Array.from({ length: 12 }, (_, n) => sandbox.open({ seed: n })));
      await Promise.all(sessions.map((each, n) => each.run(`mine = ${n}\nopen('/tmp/mine', 'w').write('${n}')`)));
      const values = await Promise.all(sessions.map(async (each) => (await each.run("mine, open('/tmp/mine').read()")).value));
      expect(values).toEqual(sessions.map((_, n) => `(${n}, '${n}')`));
      await Promise.all(sessions.map((each) => each.dispose()));
    });

    test("are saved also while others wait for their interpreters", async () => {
      const sessions = await Promise.all(Array.from({ length: 6 }, () => sandbox.open()));
      await Promise.all(
        sessions.map(async (each, n) => {
          for (let round = 0; round < 3; round += 1) {
            await each.run(`mine = ${n}`);
            expect((await each.save()).length).toBeGreaterThan(0);
          }
        }),
      );
      await Promise.all(sessions.map((each) => each.dispose()));
    });

    test("are saved, and go on elsewhere", async () => {
      const first = await sandbox.open({ functions: [read], seed: 3 });
      await first.run("import sympy\nclass Point: pass\np = Point(); p.x = sympy.Symbol('t')\ng = (n * n for n in range(9)); next(g)\nf = open('/tmp/f', 'w+'); f.write('abc'); f.seek(1)");
      const bytes = await first.save();
      const there = sandboxOf(tier);
      const moved = await there.open({ functions: [read], from: bytes });
      const go = "next(g), next(g), p.x ** 2, f.read(), read.__doc__";
      expect((await moved.run(go)).value).toBe("(1, 4, t**2, 'bc', 'Reads.')");
      expect((await first.run(go)).value).toBe("(1, 4, t**2, 'bc', 'Reads.')");
      await expect(there.open({ from: bytes })).rejects.toMatchObject({ code: "sandbox_state_invalid" });
      await expect(there.open({ from: new Uint8Array(100) })).rejects.toMatchObject({ code: "sandbox_state_invalid" });
      await there.dispose();
      await first.dispose();
    });
  });

  test("a session that forks and commits says what interpreters say that ran only the winners", async () => {
    const replaying = sandboxOf(tier, { workers: 1 });
    const result = await compareWithReplay(sandbox, replaying, { steps: 25, samples: 4, random: seededRandom(11), checkedLosers: 0.1 });
    expect(result.mismatches).toEqual([]);
    await replaying.dispose();
  }, 120_000);
});
