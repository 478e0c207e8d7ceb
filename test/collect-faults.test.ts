import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { collect } from "../src/collect/index.ts";
import { openai } from "../src/model/openai/index.ts";
import type { ChatModel } from "../src/model/types.ts";
import { seededRandom } from "../src/random.ts";
import { chainOfThought } from "../src/solvers/index.ts";
import { readTrajectories, type Trajectory } from "../src/trajectory/index.ts";
import { all, exactGrader, numbered } from "./support/collecting.ts";
import { type Fault, faultyProxy } from "./support/faulty-proxy.ts";
import { serveModel } from "./support/model-server.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-collect-faults-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Thinks in a few words; every third question is answered right at the second try alone. */
const teacher: ChatModel = {
  id: "teacher",
  can: { prefill: "native", samples: true, logprobs: false, seed: true },
  async *generate({ messages, prefill = "", seed = 0 }) {
    const sum = Number(/is (\d+) /.exec(messages.at(-1)?.content ?? "")?.[1]) + 1;
    const text = `I add one to it. So it is so. <answer> ${sum % 3 === 0 && seed === 0 ? -1 : sum} </answer>`;
    const words = text.slice(text.startsWith(prefill) ? prefill.length : 0).match(/\s?\S+/g) ?? [];
    for (const word of words) yield { type: "delta", index: 0, text: word };
    yield { type: "done", index: 0, finish: "end", usage: { inputTokens: 10, outputTokens: words.length } };
  },
};

const faults: Fault[] = [
  "hang", "hang-in-stream", "hang-at-end", "cut", "cut-in-stream", "end-in-stream", "malformed", "html", "error-event", "empty-choices",
  { status: 429, body: '{"error":{"message":"slow down"}}' },
  { status: 500, body: "oops" },
  { status: 503, headers: { "retry-after": "0" } },
];

it("behind a server that fails in every way, records each question once, and asks nothing twice that is on record", { timeout: 120_000 }, async () => {
  const server = await serveModel(teacher);
  const proxy = await faultyProxy(server.url);
  const model = await openai({ model: "m", baseUrl: proxy.url, retries: 1, timeouts: { firstToken: 300, idle: 200 } });
  const random = seededRandom(7);
  proxy.faults.push(...Array.from({ length: 400 }, (): Fault => (random() < 0.45 ? (faults[Math.floor(random() * faults.length)] ?? "pass") : "pass")));
  const questions = numbered(60);
  const journal = join(folder, "trajectories.jsonl");
  const finished = async () => new Set((await all(readTrajectories(journal)).catch(() => [])).filter(isFinished).map(tryOf));

  let failures = 0;
  let repeated = 0;
  for (let call = 0; call === 0 || failures > 0; call += 1) {
    expect(call).toBeLessThan(20);
    const before = await finished();
    const asked = server.requests.length;
    const { errors } = await collect({ questions, out: folder, solver: chainOfThought({ model }), grader: exactGrader, attempts: 2, inFlight: 8, settings: { solver: "cot" } });
    if (call === 0) expect(errors).toBeGreaterThan(0);
    failures = errors;
    repeated += server.requests.slice(asked).filter(({ body }) => before.has(`${body.messages.findLast(({ role }) => role === "user")?.content} ${body.seed}`)).length;
  }
  expect(repeated).toBe(0);

  const lines = (await readFile(journal, "utf8")).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.every((line) => (JSON.parse(line) as Trajectory).schema === "apprentice/trajectory@1")).toBe(true);
  const records = (await all(readTrajectories(journal))).filter(isFinished);
  expect(new Set(records.map(tryOf)).size).toBe(records.length);
  expect(records.filter(({ grade }) => grade?.correct).map(({ question }) => question.text).sort()).toEqual(questions.map(({ text }) => text).sort());
  // No part of an answer was taken for the whole.
  for (const { question, seed, outcome } of records) expect(outcome).toMatchObject({ type: "answered", answer: seed === 0 && Number(question.answer) % 3 === 0 ? "-1" : question.answer });

  await model.dispose();
  await proxy.close();
  await server.close();
});

function isFinished({ outcome }: Trajectory): boolean {
  return outcome.type !== "error" && outcome.type !== "aborted";
}

function tryOf({ question, seed }: Trajectory): string {
  return `${question.text} ${seed}`;
}
