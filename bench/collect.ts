// What recording costs, how much memory agents in flight take, what large journals take, and 50 kills.
// Run it with: node bench/collect.ts [recording] [flight] [large] [kill]
import { mkdtemp, rm } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { collect } from "../src/collect/index.ts";
import { createAgent, type ChatModel, type Question, type Solver } from "../src/index.ts";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { duplicateQuestion, firstRejection, mergeJournals, openJournal, paperFilters, readTrajectories, statsOf, type Trajectory } from "../src/trajectory/index.ts";
import { exactGrader, killAndResume } from "../test/support/collecting.ts";
import { agentTrajectory } from "../test/support/trajectory.ts";
import { median, timed } from "./stats.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-bench-"));
const print = (value: object) => console.log(JSON.stringify(value));
const MIB = 1024 * 1024;

/** Takes 5 ms a call, then acts in two steps. */
const model: ChatModel = {
  id: "five-ms",
  can: { prefill: "native", samples: false, logprobs: false, seed: true },
  async *generate({ messages }) {
    await sleep(5);
    const code = messages.at(-1)?.content.startsWith("Observation:") ? "final_answer(x)" : "x = sum(range(100))\nprint(x)";
    yield { type: "delta", index: 0, text: `Thought: I compute it.\nCode:\n\`\`\`py\n${code}\n\`\`\`` };
    yield { type: "done", index: 0, finish: "stop", usage: { inputTokens: 500, outputTokens: 40 } };
  },
};

const asked = (count: number): Question[] => Array.from({ length: count }, (_, index) => ({ text: `Question ${index}: what is the sum of the numbers below 100?`, answer: "4950" }));

/** The same questions, eight in flight, with a journal and without one; and what a record takes until it is on disk. */
async function recordingCost(): Promise<void> {
  const sandbox = pyodideSandbox();
  const agent = createAgent({ model, sandbox });
  const questions = asked(160);
  let last: Trajectory | undefined;
  const unrecorded = async () => {
    const queue = questions.values();
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (const question of queue) last = await agent.solve(question).result;
    }));
  };
  const recorded = (turn: number) => collect({ questions, out: join(folder, `cost-${turn}`), solver: agent, inFlight: 8 });
  const [bare, whole]: [number[], number[]] = [[], []];
  for (let turn = -1; turn < 9; turn += 1) {
    const pair = [await timed(unrecorded), await timed(() => recorded(turn))] as const;
    if (turn < 0) continue;
    bare.push(pair[0]);
    whole.push(pair[1]);
  }
  const appends: number[] = [];
  await using journal = await openJournal(join(folder, "cost.jsonl"));
  const record = last;
  if (record) for (let index = 0; index < 60; index += 1) appends.push(await timed(() => journal.append(record)));
  await sandbox.dispose();
  const ratios = bare.map((ms, turn) => (whole[turn] ?? ms) / ms);
  print({ name: "recording: 160 runs of two 5 ms calls each, 8 in flight", unrecordedMs: median(bare), recordedMs: median(whole), cost: median(ratios) - 1, msUntilOnDisk: median(appends) });
}

/** Agents in flight: they share a few interpreters, each with a state of its own. */
async function inFlight(count: number): Promise<void> {
  const sandbox = pyodideSandbox();
  const before = process.memoryUsage.rss();
  let [running, most, peak] = [0, 0, 0];
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
  const agent = createAgent({ model, sandbox });
  const counting: Solver = {
    id: agent.id,
    solve(question, options) {
      most = Math.max(most, (running += 1));
      const run = agent.solve(question, options);
      void run.result.finally(() => (running -= 1));
      return run;
    },
  };
  const { right, ms } = await collect({ questions: asked(count), out: join(folder, `flight-${count}`), solver: counting, grader: exactGrader, inFlight: count });
  clearInterval(watch);
  await sandbox.dispose();
  print({ name: "agents in flight in one process", inFlight: most, right, seconds: ms / 1000, peakMiB: peak / MIB, MiBPerAgent: (peak - before) / MIB / count });
}

/** Journals larger than memory should be: how long and how much memory they take. */
async function large(count: number): Promise<void> {
  const path = join(folder, "large.jsonl");
  const out = createWriteStream(path);
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const record = agentTrajectory(Array.from({ length: 3 }, (_, step) => ({ code: `x = ${step}\nprint(x * ${index})`, stdout: "0123456789\n".repeat(20) })), {
      id: index.toString(16).padStart(16, "0"),
      question: { id: String(index), text: `What is ${index} times ${index}?`, answer: "42" },
      correct: index % 2 === 0,
    });
    const line = `${JSON.stringify(record)}\n`;
    bytes += Buffer.byteLength(line);
    if (!out.write(line)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  const work = {
    stats: async () => void (await statsOf(readTrajectories(path))),
    filter: async () => {
      const filters = [...paperFilters, duplicateQuestion()];
      for await (const trajectory of readTrajectories(path)) firstRejection(filters, trajectory);
    },
    merge: async () => void (await mergeJournals([path], join(folder, "merged.jsonl"))),
  };
  for (const [name, run] of Object.entries(work)) {
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 100);
    const ms = await timed(run);
    clearInterval(watch);
    print({ name: `journal: ${name}`, records: count, fileMiB: bytes / MIB, seconds: ms / 1000, peakMiB: peak / MIB });
  }
}

async function kills(): Promise<void> {
  const { kills: killed, repeatedCalls, tornLines, records } = await killAndResume(folder, { questions: 1500, kills: 50, callMs: 30 });
  const texts = records.filter(({ grade }) => grade?.correct).map(({ question }) => question.text);
  print({ name: "killed and resumed", kills: killed, questions: 1500, rightOnce: texts.length === 1500 && new Set(texts).size === 1500, repeatedCalls, tornLines });
}

const parts: Record<string, () => Promise<void>> = { recording: recordingCost, flight: async () => (await inFlight(64), await inFlight(256)), large: () => large(200_000), kill: kills };
const chosen = process.argv.slice(2);
try {
  for (const [name, part] of Object.entries(parts)) if (chosen.length === 0 || chosen.includes(name)) await part();
} finally {
  await rm(folder, { recursive: true, force: true });
}
