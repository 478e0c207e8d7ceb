import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const cli = resolve(import.meta.dirname, "../dist/cli.js");
const folder = await mkdtemp(join(tmpdir(), "apprentice-cli-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function apprentice(args: readonly string[], { input = "", env = {}, interruptAfterMs = 0 } = {}): Promise<Result> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env }, stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", fail).on("close", (status) => done({ status, stdout, stderr }));
    child.stdin.end(input);
    if (interruptAfterMs > 0) setTimeout(() => child.kill("SIGINT"), interruptAfterMs);
  });
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe("apprentice exec", () => {
  it("runs Python from standard input", async () => {
    expect(await apprentice(["exec", "-"], { input: "print(sum(range(101)))" })).toEqual({ status: 0, stdout: "5050\n", stderr: "" });
  });

  it("gives one JSON line with --json", async () => {
    const { status, stdout } = await apprentice(["exec", await file("a.py", "final_answer({'a': [1, 2]})"), "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ finalAnswer: { json: { a: [1, 2] } }, toolCalls: [] });
  });

  it("says what failed and where, and exits 1", async () => {
    expect(await apprentice(["exec", "-"], { input: "x = 1\ny" })).toMatchObject({
      status: 1,
      stderr: "NameError: name 'y' is not defined (line 2)\n",
    });
  });

  it("ends a loop at the time limit", async () => {
    const { status, stderr } = await apprentice(["exec", "-", "--time-limit", "0.3"], { input: "while True: pass" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^TimeLimitError: /);
  });

  it("stops on an interrupt with 130", async () => {
    const { status } = await apprentice(["exec", "-", "--time-limit", "50"], { input: "while True: pass", interruptAfterMs: 3000 });
    expect(status).toBe(130);
  });
});

describe("bad input is one clear line and the right status", () => {
  it.each([
    ["an unknown model, with the nearest name", ["run", "q", "--model", "qwen2.5-coder-0.5"], 2, /^apprentice: .*qwen2\.5-coder-0\.5b.*\n$/],
    ["an empty question", ["run", " "], 2, /^apprentice: The question is empty.*\n$/],
    ["an unknown command", ["fly"], 2, /^apprentice: unknown command 'fly'\n/],
    ["a missing file", ["exec", "nowhere.py"], 2, /^apprentice: nowhere\.py cannot be read.*\n$/],
    ["a number that is none", ["run", "q", "--max-steps", "0"], 2, /whole number above 0/],
    ["a missing config", ["run", "q", "--config", "nowhere.json"], 2, /^apprentice: nowhere\.json cannot be read as JSON.*\n$/],
  ])("%s", async (_, args, status, stderr) => {
    const result = await apprentice(args);
    expect(result.stderr).toMatch(stderr);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe("");
  });

  it("an unreadable GGUF", async () => {
    const path = await file("broken.gguf", "this is no model");
    const result = await apprentice(["run", "q", "--model", path]);
    expect(result.stderr).toMatch(/^apprentice: .*broken\.gguf.*\n$/);
    expect(result.status).toBe(1);
  });

  it("a tool file without a tool", async () => {
    const result = await apprentice(["run", "q", "--tool", await file("tools.mjs", "export const a = 1;")]);
    expect(result.stderr).toMatch(/^apprentice: The tool file .*tools\.mjs exports no tool.*\n$/);
    expect(result.status).toBe(2);
  });

  it("a config with a wrong field", async () => {
    const result = await apprentice(["run", "q", "--config", await file("c.json", '{"maxSteps": "five"}')]);
    expect(result.stderr).toMatch(/^apprentice: .*c\.json: maxSteps: .*\n$/);
    expect(result.status).toBe(2);
  });

  it("a cache that cannot be written", async () => {
    const blocked = await file("blocked", "");
    const result = await apprentice(["models", "pull", "smollm2-135m"], { env: { APPRENTICE_CACHE: join(blocked, "cache") } });
    expect(result.stderr).toMatch(/^apprentice: Cannot write to the cache .*APPRENTICE_CACHE.*\n$/);
    expect(result.status).toBe(1);
  });
});

describe("apprentice models", () => {
  it("lists the catalogue as JSON lines", async () => {
    const { stdout } = await apprentice(["models", "ls", "--json"]);
    const names = stdout.trim().split("\n").map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names).toContain("qwen2.5-coder-0.5b");
  });
});

describe("help", () => {
  it.each([["run"], ["exec"], ["models", "pull"]])("of %s has an example", async (...command) => {
    const { status, stdout } = await apprentice([...command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("Example:");
  });
});
