import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readTrajectories } from "../src/trajectory/index.ts";
import { all } from "./support/collecting.ts";

const cli = resolve(import.meta.dirname, "../dist/cli.js");
const folder = await mkdtemp(join(tmpdir(), "apprentice-collect-cli-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const questions = join(folder, "questions.json");
await writeFile(
  questions,
  JSON.stringify({
    metadata: {},
    examples: [
      { id: 0, question: "What is 2 + 3?", answer: "5", dataset_name: "GSM-Hard" },
      { id: 1, question: "What is 10 / 2?", answer: null, dataset_name: "GSM-Hard" },
      { id: 2, question: "What is 7 - 4?", answer: "3", dataset_name: "GSM-Hard" },
      { id: 3, question: "What is 7 - 4?", answer: "3", dataset_name: "GSM-Hard" },
    ],
  }),
);

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function apprentice(args: readonly string[], interruptWhen?: RegExp): Promise<Result> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (interruptWhen?.test(stderr)) child.kill("SIGINT");
    });
    child.on("error", fail).on("close", (status) => done({ status, stdout, stderr }));
  });
}

const small = (out: string, ...more: string[]) => ["collect", "-q", questions, "-o", join(folder, out), "-m", "smollm2-135m", ...more];

describe("apprentice collect, with a real model", { timeout: 600_000 }, () => {
  it("records each question with an answer, names the rows it leaves out, has nothing to do the second time, and goes on with more attempts", async () => {
    const args = small("cot", "--solver", "cot", "--max-tokens", "8");
    const first = await apprentice([...args, "--json"]);
    expect(first).toMatchObject({ status: 0, stderr: expect.stringMatching(/1 row without an answer, left out: 2\n.*1 row that repeat a question, left out: 4\n/s) });
    const lines = first.stdout.trim().split("\n").map((line) => JSON.parse(line) as { type: string });
    expect(lines.map(({ type }) => type)).toEqual(["run", "run", "end"]);
    expect(lines.at(-1)).toMatchObject({ end: "done", questions: 2, finished: 2, runs: 2, errors: 0, cutOff: 2 });
    expect(first.stderr).toContain("2 of 2 runs have a turn that ended at its limit of tokens");

    const records = await all(readTrajectories(join(folder, "cot")));
    expect(records.map(({ question }) => question.text).toSorted()).toEqual(["What is 2 + 3?", "What is 7 - 4?"]);
    expect(records.map(({ question }) => question.metadata?.["dataset"])).toEqual(["gsm_hard", "gsm_hard"]);
    expect(records.every(({ grade, usage }) => grade !== undefined && usage.outputTokens > 0 && usage.outputTokens <= 8)).toBe(true);

    expect((await apprentice(args)).stdout).toMatch(/^Done\. 2 of 2 questions, \d right, 0 runs/);
    expect((await apprentice([...args, "--attempts", "2", "--until", "all"])).stdout).toMatch(/^Done\. 2 of 2 questions, \d right, 2 runs/);
    expect(await apprentice([...args, "--seed", "5"])).toMatchObject({ status: 2, stderr: expect.stringContaining("seed was 0 and is now 5") });
  });

  it("gives the agent first thoughts, keeps them, and takes them from the file", async () => {
    const agent = ["--max-tokens", "24", "--max-steps", "1", "--skip", "1", "--limit", "1", "--prompt", "student"];
    expect((await apprentice(small("agent", "--first-thought", "--force-code", ...agent))).status).toBe(0);
    const [record] = await all(readTrajectories(join(folder, "agent")));
    expect(record?.firstThought).toMatchObject({ model: "smollm2-135m", sent: "native" });
    const [step] = record?.steps ?? [];
    expect(step?.kind === "action" && step.candidates[0]?.given?.[0]).toEqual({ text: record?.firstThought?.text, at: 0, source: "first_thought" });

    const thoughts = join(folder, "agent/first-thoughts/trajectories.jsonl");
    expect(JSON.parse(await readFile(thoughts, "utf8"))).toMatchObject({ question: "What is 7 - 4?", text: record?.firstThought?.text });
    expect((await apprentice(small("reused", "--first-thoughts-from", thoughts, ...agent))).status).toBe(0);
    const [reused] = await all(readTrajectories(join(folder, "reused")));
    expect(reused?.firstThought).toMatchObject({ text: record?.firstThought?.text });
    expect(reused?.firstThought?.usage).toBeUndefined();
  });

  it("saves what it has when interrupted, exits 130, and goes on", async () => {
    const args = small("stopped", "--solver", "cot", "--max-tokens", "4000", "--concurrency", "1");
    const stopped = await apprentice(args, /0 of 2 questions/);
    expect(stopped).toMatchObject({ status: 130, stdout: expect.stringContaining("the same command goes on") });
    const again = await apprentice(small("stopped", "--solver", "cot", "--max-tokens", "8", "--concurrency", "1"));
    expect(again, "other settings are no continuation").toMatchObject({ status: 2, stderr: expect.stringContaining("maxTokens was 4000 and is now 8") });
  });

  it("runs a chain of thought for one question", async () => {
    const { status, stdout } = await apprentice(["run", "What is 2 + 3?", "-m", "smollm2-135m", "--solver", "cot", "--max-tokens", "8", "--json"]);
    const events = stdout.trim().split("\n").map((line) => JSON.parse(line) as { type: string; trajectory?: { solver: { id: string } } });
    expect(events.map(({ type }) => type).filter((type) => type !== "text_delta")).toEqual(["run_start", "step_start", "response_end", "step_end", "run_end"]);
    expect(events.at(-1)?.trajectory?.solver.id).toBe("cot");
    expect([0, 1]).toContain(status);
  });
});

describe("bad input is one clear line and status 2", () => {
  it.each([
    ["no question file", ["collect", "-o", "x"], /required option.*--questions/],
    ["a question file that is not there", ["collect", "-q", "nowhere.json", "-o", "x"], /nowhere\.json cannot be read/],
    ["nothing left to ask", ["collect", "-q", questions, "-o", "x", "--skip", "2"], /2 questions with an answer: none is left after 2/],
    ["a shard that is none", ["collect", "-q", questions, "-o", "x", "--shard", "4/4"], /"4\/4" is no shard/],
    ["a budget without a unit", ["collect", "-q", questions, "-o", "x", "--budget", "5"], /an amount with a unit/],
    ["a grader that is not there", ["collect", "-q", questions, "-o", "x", "--grader", "fair"], /no grader "fair"/],
    ["options that do not go together", ["collect", "-q", questions, "-o", "x", "--solver", "cot", "--first-thought"], /--first-thought has no meaning for --solver cot/],
    ["rag without a retriever", ["collect", "-q", questions, "-o", "x", "--solver", "rag"], /--solver rag searches: give --index/],
    ["guidance for no one", ["run", "q", "--guided"], /--guided guides a chain of thought/],
  ])("%s", async (_, args, message) => {
    const { status, stdout, stderr } = await apprentice(args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(stdout).toBe("");
  });
});

describe("help", () => {
  it.each([["collect"], ...["ls", "show", "stats", "validate", "merge", "filter", "regrade", "import-reference", "export-reference", "import-atif", "export-atif"].map((name) => ["trajectories", name])])(
    "of %s %s has an example",
    async (...command) => {
      const { status, stdout } = await apprentice([...command.filter((word) => typeof word === "string"), "--help"]);
      expect(status).toBe(0);
      expect(stdout).toContain("Example:");
    },
  );
});
