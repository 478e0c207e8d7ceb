import { afterAll, describe, expect, test } from "vitest";
import { createAgent, sag, savings, tool, type ActionStep, type Candidate, type ChatModel } from "apprentice";
import { pyodideSandbox } from "apprentice/sandbox";
import { scriptedModel } from "apprentice/testing";
import { z } from "zod";
import { seededRandom } from "../src/random.ts";
import { canonical, observationKey } from "../src/sampling/observation-key.ts";

const sandbox = pyodideSandbox({ workers: 2 });
afterAll(() => sandbox.dispose());

const code = (source: string) => `Thought: so\nCode:\n\`\`\`py\n${source}\n\`\`\`<end_code>`;

async function steps(candidates: readonly string[], options: Parameters<typeof sag>[0] = {}, seed = 1, more: readonly string[] = []) {
  const model = scriptedModel([candidates, ...more.map((text) => [text]), ...Array.from({ length: 6 }, () => [code("final_answer('end')")])]);
  const agent = createAgent({ model: paced(model), sandbox, sampler: sag({ n: candidates.length, ...options }) });
  const { steps: all, outcome } = await agent.run("question", { seed }).result;
  expect(outcome).toMatchObject({ type: "answered" });
  return all as ActionStep[];
}

/** Leaves time for code to run while it writes. */
function paced(model: ChatModel): ChatModel {
  return {
    ...model,
    async *generate(request) {
      let events = 0;
      for await (const event of model.generate(request)) {
        events += 1;
        if (events % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        yield event;
      }
    },
  };
}

async function firstStep(...args: Parameters<typeof steps>): Promise<ActionStep> {
  const [step] = await steps(...args);
  if (!step) throw new Error("There was no step.");
  return step;
}

describe("the observation of a candidate", () => {
  test.each([
    ["1.0", "1"],
    ["x = 007", "x = 7"],
    ["0.1 + 0.2 = 0.30000000000000004", "0.1 + 0.2 = 0.3"],
    ["1e3", "1000"],
    ["1_000", "1000"],
    ["{3, 1, 2}", "{1, 2, 3}"],
    ["[{'b', 'a'}, {2: {1, 0}}]", "[{'a', 'b'}, {2: {0, 1}}]"],
    ["frozenset({2, 1})", "frozenset({1, 2})"],
    ["{(2, 1), (1, 2)}", "{(1, 2), (2, 1)}"],
    ["a  b\n\n c ", "a b c"],
    ["<Box object at 0x1f2e3d>", "<Box object at 0xabc>"],
  ])("%j agrees with %j", (one, other) => expect(canonical(one)).toBe(canonical(other)));

  test.each([
    ["1", "2"],
    ["[1, 2]", "[2, 1]"],
    ["{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}"],
    ["x1", "x01"],
    ["v1.2.3", "v1.2.30"],
    ["12345678901234567890", "12345678901234567891"],
    ["1.5", "15"],
    ["-1", "1"],
    ["it's {2, 1}", "it's {3, 1}"],
  ])("%j does not agree with %j", (one, other) => expect(canonical(one)).not.toBe(canonical(other)));

  test("reads any text in time that grows with its length", () => {
    for (const text of ["{".repeat(10_000), "'".repeat(10_001), "{1,".repeat(5000) + "}".repeat(5000), "1".repeat(1e6), `${"9".repeat(400)}.5`]) canonical(text);
  });
});

describe("the vote", () => {
  test("goes to what most observed, not to the first or the longest", async () => {
    const { vote } = await firstStep([code("print(1)"), code("print(2)"), code("a = 1\nprint(a + 1.0)"), code("raise ValueError()"), "no code"]);
    expect([1, 2]).toContain(vote.winner);
    expect(vote).toMatchObject({ reason: "majority", groups: [{ members: [1, 2] }, { members: [0] }] });
  });

  test("counts the final answer, whatever was printed on the way", async () => {
    const [step] = await steps([code("print('a')\nfinal_answer(4)"), code("final_answer(2 + 2.0)"), code("print('a')\nfinal_answer(5)")]);
    expect(step?.vote.groups?.[0]?.members).toEqual([0, 1]);
  });

  test("breaks ties by the seed, not by position", async () => {
    const winners = await Promise.all(Array.from({ length: 12 }, async (_, seed) => (await firstStep([code("print(1)"), code("print(2)"), code("print(3)")], {}, seed)).vote.winner));
    expect(new Set(winners)).toEqual(new Set([0, 1, 2]));
    const again = await firstStep([code("print(1)"), code("print(2)"), code("print(3)")], {}, 5);
    expect(again.vote.winner).toBe(winners[5]);
  });

  test("of failures alone feeds one error back, drawn by the seed", async () => {
    const failed = [code("1/0"), code("nowhere"), code("for"), "prose"];
    const drawn = await Promise.all(Array.from({ length: 12 }, (_, seed) => firstStep(failed, {}, seed)));
    expect(drawn.every(({ vote }) => vote.reason === "all_failed")).toBe(true);
    expect(new Set(drawn.map(({ vote }) => vote.winner)).size).toBeGreaterThan(2);
    for (const { vote, observation } of drawn) expect(observation).toContain(["ZeroDivisionError", "NameError", "SyntaxError", "code parsing"][vote.winner]);
  });

  test("of failures alone is the same whoever writes faster, and its winner is written whole", async () => {
    const broken = (last: string) => code(`x = (1\ny = = 2\n${"z = 3\n".repeat(200)}print('${last}')`);
    const winners = await Promise.all([1, 2, 3].map(() => firstStep([broken("a"), broken("b"), broken("c")], {}, 4)));
    expect(new Set(winners.map(({ vote }) => vote.winner)).size).toBe(1);
    for (const { vote, candidates } of winners) expect(candidates[vote.winner]).toMatchObject({ finish: "stop", text: expect.stringContaining("print('") as string });
  });

  test("takes code that is indented as a whole for what it is", async () => {
    const indented = `Thought: a list\n1. so\n   \`\`\`py\n${"   x = 1\n".repeat(300)}   print(x)\n   \`\`\`<end_code>`;
    const { vote, candidates } = await firstStep([indented, indented.replace("so", "then"), indented.replace("so", "thus")]);
    expect(vote.reason).toBe("majority");
    expect(candidates.filter(({ attempt }) => attempt?.error)).toEqual([]);
  });

  test("can be replaced by a scorer", async () => {
    const step = await firstStep([code("print(1)"), code("print(1)"), code("print(30)")], {
      scorer: async (candidates) => candidates.map(({ attempt }) => (attempt?.stdout ? Number(attempt.stdout) : null)),
    });
    expect(step.vote).toMatchObject({ winner: 2, reason: "scored", scores: [1, 1, 30] });
  });

  test("can go by another key, and N can depend on the step", async () => {
    const all = await steps(
      [code("print('a1')"), code("print('a2')"), code("print('b')")],
      { key: (candidate) => observationKey(candidate) && (candidate.attempt?.stdout ?? "")[0], n: (step) => (step === 0 ? 3 : 1) },
    );
    expect(all[0]?.vote.groups?.[0]).toEqual({ key: "a", members: [0, 1] });
    expect(all[1]?.candidates).toHaveLength(1);
  });
});

describe("a step", () => {
  test("leaves nothing of its losers, and runs its winner once", async () => {
    const appended = code("xs.append(len(xs))\nprint(xs)");
    const model = scriptedModel([code("xs = []"), [appended, code("xs.append('lost')\nxs.append('lost')"), appended.replace("Thought", "Thought  ")], code("final_answer(xs)")]);
    const { outcome } = await createAgent({ model, sandbox, sampler: sag({ n: 3 }) }).run("question").result;
    expect(outcome).toMatchObject({ type: "answered", json: [0] });
  });

  test("runs identical code once", async () => {
    let calls = 0;
    const count = tool({ name: "count", description: "Counts.", input: z.object({}), effect: "write", run: async () => (calls += 1) });
    const model = scriptedModel([[code("print(1)"), code("print(1)"), code("count()"), code("count()"), code("count()")], code("final_answer(1)")]);
    const { steps: [step] } = await createAgent({ model, sandbox, tools: [count], sampler: sag({ n: 5 }) }).run("question").result;
    expect(savings(step as ActionStep).runs).toBeGreaterThan(0);
    // All that defer the same call agree; the call is made once, for the winner.
    expect(calls).toBe(1);
    expect((step as ActionStep).candidates[(step as ActionStep).vote.winner]?.attempt).toMatchObject({ value: "1", toolCalls: [{ name: "count" }] });
  });

  test("says of each attempt whose it is", async () => {
    const model = scriptedModel([[0, 1, 2, 3].map((index) => code(`print(${index})`)), code("final_answer(1)")]);
    const tried: [number, string][] = [];
    for await (const event of createAgent({ model, sandbox, sampler: sag({ n: 4 }) }).run("question")) if (event.type === "attempt_end" && event.step === 0) tried.push([event.attempt.index, event.attempt.stdout]);
    expect(tried.length).toBeGreaterThan(1);
    for (const [index, stdout] of tried) expect(stdout).toBe(`${index}\n`);
  });

  test("ends the other candidates when one cannot be tried", async () => {
    let stopped: unknown;
    const model: ChatModel = {
      ...scriptedModel([]),
      async *generate({ signal }) {
        yield { type: "delta", index: 0, text: code("print(1)") };
        yield { type: "done", index: 0, finish: "stop", usage: { inputTokens: 1, outputTokens: 1 } };
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        stopped = signal?.reason;
        throw new Error("It was stopped.");
      },
    };
    const broken = { open: () => Promise.reject(new Error("no sandbox today")), dispose: () => Promise.resolve() };
    const { outcome } = await createAgent({ model, sandbox: broken, sampler: sag({ n: 2 }) }).run("question").result;
    expect(outcome).toMatchObject({ type: "error", message: "no sandbox today" });
    expect(stopped).toMatchObject({ message: "no sandbox today" });
  });

  test("stops candidates once they cannot change the winner", async () => {
    const slow = [code("print(1)"), code("a = 1\nprint(a)"), code("print(2 - 1)"), code(`print(1)\n${"x = 1\n".repeat(3000)}`), code(`print(9)\n${"x = 1\n".repeat(3000)}`)];
    const seeds = Array.from({ length: 6 }, (_, seed) => seed);
    const stopped = await Promise.all(seeds.map((seed) => firstStep(slow, {}, seed)));
    expect(stopped.some((step) => savings(step).cancelled > 0)).toBe(true);
    for (const step of stopped) {
      const { attempt, finish } = step.candidates[step.vote.winner] ?? {};
      expect([attempt?.stdout, finish]).toEqual(["1\n", "stop"]);
    }
  });
});

describe("code that runs", () => {
  test("is stopped once no candidate that has it can matter, and the step goes on from the winner", async () => {
    const endless = code("while True: pass");
    const seeds = Array.from({ length: 6 }, (_, seed) => seed);
    const all = await Promise.all(seeds.map((seed) => steps([code("y = 1\nprint(1)"), code("y = 2 - 1\nprint(y)"), code("y = 1\nprint(2 - y)"), endless, endless], {}, seed, [code("final_answer(y)")])));
    const stopped = all.flatMap(([step]) => step?.candidates.filter(({ attempt, finish }) => finish === "cancelled" && !attempt) ?? []);
    expect(stopped.length).toBeGreaterThan(0);
    for (const [first, second] of all) {
      expect(first?.candidates[first.vote.winner]?.attempt?.stdout).toBe("1\n");
      expect(second?.candidates[0]?.attempt?.finalAnswer?.text).toBe("1");
    }
  });
});

test("stopping early never changes the winner (1,000 random votes in random order)", () => {
  const random = seededRandom(3);
  const pick = (below: number) => Math.floor(random() * below);
  let saved = 0;
  for (let round = 0; round < 1000; round += 1) {
    const n = 1 + pick(9);
    const seed = pick(1e6);
    const candidates = Array.from({ length: n }, (_, index) => candidate(index, pick(4)));
    const open = () => sag({ n }).open({ step: 0, question: "", messages: [], random: seededRandom(seed), signal: new AbortController().signal });
    const full = open().decide(candidates);

    const ballot = open();
    const finished: Candidate[] = [];
    const needless = new Set<number>();
    for (const each of candidates.toSorted(() => random() - 0.5)) {
      if (needless.has(each.index)) {
        finished.push({ ...each, finish: "cancelled" });
        saved += 1;
      } else finished.push(each);
      for (const index of ballot.needless(finished)) needless.add(index);
    }
    expect(ballot.decide(finished.toSorted((a, b) => a.index - b.index))).toMatchObject({ winner: (full as { winner: number }).winner });
  }
  expect(saved).toBeGreaterThan(100);
});

/** One that observed `what`; 0 failed. */
function candidate(index: number, what: number): Candidate {
  const usage = { inputTokens: 1, outputTokens: 1 };
  const error = { kind: "exception", name: "ValueError", message: "", stateLost: false } as const;
  return { index, text: "", finish: "stop", usage, ms: 1, action: { ok: true, thought: "", code: "" }, attempt: { stdout: String(what), toolCalls: [], ms: 1, ...(what === 0 && { error }) } };
}
