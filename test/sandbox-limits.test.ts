import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Attempt, HostFunction, Limits, Session } from "../src/sandbox/index.ts";

import { sandboxOf, tiers } from "./support/tiers.ts";

describe.each(tiers)("on the tier %s:", (tier) => {
  const sandbox = sandboxOf(tier);
  afterAll(() => sandbox.dispose());

  const wait: HostFunction = {
    name: "wait",
    parameters: [{ name: "ms", annotation: "int" }],
    returns: "None",
    docstring: "Waits.",
    call: ({ ms }) => new Promise((resolve) => setTimeout(() => resolve(null), Number(ms))),
  };

  function within(limits: Partial<Limits>, name: string, body: (use: (source: string) => Promise<Attempt>, save: () => Promise<unknown>) => void): void {
    describe(name, () => {
      let session: Session;
      beforeAll(async () => {
        session = await sandbox.open({ limits, functions: [wait] });
      });
      afterAll(() => session.dispose());
      body((source) => session.run(source), () => session.save());
    });
  }

  within({ timeMs: 400 }, "time", (use, save) => {
    test("a loop is interrupted; variables stay", async () => {
      await use("kept = 1");
      const { error, stdout } = await use("print('started')\nwhile True: pass");
      expect(stdout).toBe("started\n");
      expect(error).toEqual({ kind: "limit", name: "TimeLimitError", message: "The code ran longer than 0.4 s and was stopped.", stateLost: false });
      expect((await use("kept")).value).toBe("1");
    });

    test.each([
      "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
      "sum(range(10**12))",
      "import time\ntime.sleep(1e9)",
      "import time\nprint('seen')\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass",
    ])("what does not heed the interrupt is undone with its interpreter: %j", async (source) => {
      await use("kept = 1");
      await save();
      const attempt = await use(`kept = 2\n${source}`);
      expect(attempt.error).toMatchObject({ kind: "limit", name: "TimeLimitError", stateLost: false });
      expect(attempt.error?.message).toContain("as they were before");
      if (source.includes("seen")) expect(attempt.stdout).toBe("seen\n");
      expect(attempt.ms).toBeLessThan(10_000);
      expect((await use("kept")).value).toBe("1");
    });

    test("a state that there was no time to save is lost with its interpreter, and this is said", async () => {
      await use("gone = 1");
      const attempt = await use("sum(range(10**12))");
      expect(attempt.error).toMatchObject({ name: "TimeLimitError", stateLost: true });
      expect((await use("gone")).error?.name).toBe("NameError");
      expect((await use("6 * 7")).value).toBe("42");
    });

    test("a final answer given before counts", async () => {
      const attempt = await use("while True:\n    try: final_answer(7)\n    except BaseException: pass");
      expect(attempt.error).toMatchObject({ name: "TimeLimitError" });
      expect(attempt.finalAnswer).toEqual({ text: "7", json: 7 });
    });

    test("waiting for a tool does not count", async () => {
      const attempt = await use("wait(700)\n'done'");
      expect(attempt.error).toBeUndefined();
      expect(attempt.value).toBe("done");
      expect((await use("wait(1)\nwhile True: pass")).error).toMatchObject({ name: "TimeLimitError" });
    });
  });

  within({ memoryBytes: 128 * 2 ** 20 }, "memory", (use) => {
    test.each([
      "[0] * 10**9",
      "b = bytearray()\nwhile True: b += b'x' * 10**6",
      "s = 'x'\nwhile True: s += s",
      "list(map(str, range(10**9)))",
    ])("%j", async (source) => {
      await use("kept = 1");
      const { error } = await use(source);
      expect(error).toMatchObject({ kind: "limit", name: "MemoryLimitError" });
      expect(error?.message).toContain("128 MiB");
      expect((await use("6 * 7")).value).toBe("42");
      if (!error?.stateLost) expect((await use("kept")).value).toBe("1");
    });

    test.each(["'x' * 10**12", "[0] * 10**10"])("what no address can hold is Python's own error: %s", async (source) => {
      expect((await use(source)).error).toMatchObject({ name: "OverflowError", stateLost: false });
    });

    test("a MemoryError that the code handles is none", async () => {
      expect((await use("try: bytearray(10**9)\nexcept MemoryError: print('handled')")).stdout).toBe("handled\n");
    });

    test("files have a limit too", async () => {
      const attempt = await use("with open('/tmp/big', 'wb') as f:\n    while True: f.write(b'x' * 10**6)");
      expect(attempt.error).toMatchObject({ name: "OSError" });
      expect(attempt.error?.message).toContain("No space left");
      expect((await use("import os; os.remove('/tmp/big'); open('/tmp/small', 'w').write('xy')")).value).toBe("2");
    });
  });

  within({ memoryBytes: 32 * 2 ** 20, timeMs: 60_000 }, "names and links", (use) => {
    test.each([
      ["os.symlink('x' * 4000, name(i))", "os.unlink(name(i))"],
      ["os.mkdir(name(i))", "os.rmdir(name(i))"],
      ["open(name(i), 'w').close()", "os.remove(name(i))"],
    ])("count as files do: %s", async (make, undo) => {
      const attempt = await use(`import os\nname = lambda i: f'/tmp/{i}' + 'y' * 200\nfor i in range(10**6): ${make}`);
      expect(attempt.error).toMatchObject({ name: "OSError", message: expect.stringContaining("No space left") });
      expect((await use(`for i in range(i): ${undo}\nos.mkdir('/tmp/g'); os.rename('/tmp/g', '/tmp/h'); os.rmdir('/tmp/h'); os.listdir('/tmp')`)).value).toBe("[]");
    });
  });

  within({}, "the stack", (use, save) => {
    test("recursion is a RecursionError; variables stay", async () => {
      await use("kept = 1");
      expect((await use("def f(n): return f(n + 1)\nf(0)")).error).toMatchObject({ kind: "exception", name: "RecursionError", stateLost: false });
      expect((await use("kept")).value).toBe("1");
    });

    test("an overflow below Python is undone", async () => {
      await use("kept = 1");
      await save();
      const { error } = await use("x = []\nfor _ in range(10**6): x = [x]\nrepr(x)");
      expect(error).toMatchObject({ name: "RecursionError", stateLost: false });
      expect((await use("kept")).value).toBe("1");
    });
  });

  within({ outputBytes: 100, sourceChars: 1000, toolCalls: 2 }, "sizes", (use) => {
    test("output is cut, and says so", async () => {
      expect((await use("print('é' * 300)")).stdout).toBe(`${"é".repeat(50)}\n[output cut: 501 more bytes]\n`);
      expect((await use("print('a' + 'é' * 50)")).stdout).toBe(`a${"é".repeat(49)}\n[output cut: 2 more bytes]\n`);
      expect((await use("print('x' * 99)")).stdout).toBe(`${"x".repeat(99)}\n`);
    });

    test("a long source does not run", async () => {
      const attempt = await use(`ran = 1\n#${"x".repeat(1000)}`);
      expect(attempt.error).toMatchObject({ kind: "limit", name: "SourceLimitError", stateLost: false });
      expect((await use("ran")).error?.name).toBe("NameError");
    });

    test("more tool calls than allowed end the action", async () => {
      const attempt = await use("for i in range(9):\n    try: wait(0)\n    except Exception: pass\nprint('after')");
      expect(attempt.error).toMatchObject({ kind: "limit", name: "ToolCallLimitError", stateLost: false });
      expect(attempt.toolCalls).toHaveLength(2);
      expect(attempt.stdout).toBe("");
      expect((await use("wait(0)")).error).toBeUndefined();
    });
  });

  test("limits must be numbers", async () => {
    await expect(sandbox.open({ limits: { timeMs: Number.NaN } })).rejects.toMatchObject({ code: "sandbox_limits_invalid" });
  });
});
