import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ApprenticeError, createAgent, tool, type RunEvent } from "../src/index.ts";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { scriptedModel } from "../src/testing/index.ts";
import { countErrors, parseTrajectory } from "../src/trajectory/index.ts";

const sandbox = pyodideSandbox();
afterAll(() => sandbox.dispose());

const act = (thought: string, code: string) => `Thought: ${thought}\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>`;

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("agent", () => {
  it("acts, observes, keeps variables and answers", async () => {
    const model = scriptedModel([act("compute", "x = 6 * 7\nprint(x)"), act("answer", "final_answer(x)")]);
    const trajectory = await createAgent({ model, sandbox }).run("What is 6 times 7?").result;
    expect(trajectory.outcome).toEqual({ type: "answered", answer: "42", json: 42, by: "final_answer" });
    const [first] = trajectory.steps;
    expect(first).toMatchObject({ observation: "Observation:\nExecution logs:\n42\nLast output from code snippet:\nNone" });
    expect(model.requests[1]?.messages.slice(-2)).toEqual([
      { role: "assistant", content: act("compute", "x = 6 * 7\nprint(x)") },
      { role: "user", content: "Observation:\nExecution logs:\n42\nLast output from code snippet:\nNone" },
    ]);
  });

  it("yields its events in order, to every reader, and ends with the trajectory", async () => {
    const run = createAgent({ model: scriptedModel([act("a", "final_answer(1)")]), sandbox }).run("q");
    const [one, two] = await Promise.all([collect(run), collect(run)]);
    expect(one).toEqual(two);
    const kinds = one.map((event) => event.type).filter((type) => type !== "text_delta");
    expect(kinds).toEqual(["run_start", "step_start", "candidate_end", "attempt_end", "step_end", "run_end"]);
    expect(one.at(-1)).toEqual({ type: "run_end", trajectory: await run.result });
  });

  it("records a trajectory that its schema accepts, the same after a round trip", async () => {
    const model = scriptedModel([act("a", "print('hi')\n1/0"), "no code here", act("b", "final_answer([1, 'x'])")]);
    const trajectory = await createAgent({ model, sandbox }).run("q").result;
    expect(parseTrajectory(JSON.stringify(trajectory))).toEqual(trajectory);
    expect(countErrors(trajectory)).toEqual({ parse: 1, execution: 1 });
  });

  it("feeds errors of code and of format back", async () => {
    const model = scriptedModel([act("a", "print('before')\ny = 1\ny / 0"), "The answer is 3.", act("b", "final_answer(y)")]);
    const trajectory = await createAgent({ model, sandbox }).run("q").result;
    const observations = trajectory.steps.map((step) => (step.kind === "action" ? step.observation : undefined));
    expect(observations[0]).toBe(
      "Observation:\nExecution logs:\nbefore\nError:\nZeroDivisionError: division by zero (line 3: `y / 0`)\nNow let's retry: take care not to repeat previous errors! If you have retried several times, try a completely different approach.\n",
    );
    expect(observations[1]).toMatch(/^Error:\nError in code parsing:\nYour turn has no code block\.\nMake sure to provide correct code blobs\./);
    expect(trajectory.outcome).toMatchObject({ type: "answered", answer: "1" });
  });

  it("asks for one forced answer when the steps are used up", async () => {
    const model = scriptedModel([act("a", "1"), act("b", "2"), "It is 7."]);
    const trajectory = await createAgent({ model, sandbox, maxSteps: 2 }).run("What?").result;
    expect(trajectory.outcome).toEqual({ type: "answered", answer: "It is 7.", by: "forced" });
    expect(trajectory.steps.map((step) => step.kind)).toEqual(["action", "action", "forced_answer"]);
    const last = model.requests[2]?.messages.at(-1);
    expect(last?.content).toMatch(/^Observation:[\s\S]*You have no steps left[\s\S]*What\?$/);
  });

  it("lets a check refuse the answer and the model try again", async () => {
    const model = scriptedModel([act("a", "final_answer(-1)"), act("b", "final_answer(1)")]);
    const agent = createAgent({
      model,
      sandbox,
      answerChecks: [({ json }) => (typeof json === "number" && json < 0 ? "it must not be negative" : undefined)],
    });
    const trajectory = await agent.run("q").result;
    expect(trajectory.steps[0]).toMatchObject({ refused: "it must not be negative", observation: expect.stringContaining("it must not be negative") });
    expect(trajectory.outcome).toMatchObject({ answer: "1" });
  });

  it("calls tools from Python, and shows their failures to the model", async () => {
    const lookup = tool({
      name: "lookup",
      description: "Looks a word up.",
      input: z.object({ word: z.string() }),
      effect: "read",
      run: async ({ word }) => {
        if (word === "nix") throw new Error("no such word");
        return { word, length: word.length };
      },
    });
    const model = scriptedModel([
      act("a", "print(lookup('owl')['length'])"),
      act("b", "lookup('nix')"),
      act("c", "lookup(3)"),
      act("d", "final_answer(1)"),
    ]);
    const trajectory = await createAgent({ model, sandbox, tools: [lookup] }).run("q").result;
    const seen = trajectory.steps.map((step) => (step.kind === "action" ? step.observation : ""));
    expect(seen[0]).toContain("Execution logs:\n3\n");
    expect(seen[1]).toContain("no such word");
    expect(seen[2]).toContain("lookup: wrong arguments: word:");
    expect(model.requests[0]?.messages[0]?.content).toContain("- lookup(word: str) -> object: Looks a word up.");
  });

  it("goes on after an action that ran out of time", async () => {
    const model = scriptedModel([act("a", "while True: pass"), act("b", "final_answer('done')")]);
    const trajectory = await createAgent({ model, sandbox, limits: { timeMs: 300 } }).run("q").result;
    expect(trajectory.steps[0]).toMatchObject({ observation: expect.stringContaining("TimeLimitError") });
    expect(trajectory.outcome).toMatchObject({ answer: "done" });
  });

  it("ends as aborted when the signal fires, in the middle of an action too", async () => {
    const stop = new AbortController();
    const run = createAgent({ model: scriptedModel([act("a", "while True: pass")]), sandbox }).run("q", { signal: stop.signal });
    for await (const event of run) if (event.type === "candidate_end") stop.abort(new Error("enough"));
    expect((await run.result).outcome).toEqual({ type: "aborted", message: "enough" });
  });

  it("ends in an error outcome when the model fails", async () => {
    const trajectory = await createAgent({ model: scriptedModel([]), sandbox }).run("q").result;
    expect(trajectory.outcome).toMatchObject({ type: "error", code: "script_ended" });
  });

  it("has no answer when the conversation outgrows the context, and has failed when there was no room to begin", async () => {
    const overflow = (after: number) => {
      const model = scriptedModel([act("a", "print('9' * 9000)")]);
      let turns = 0;
      const generate: typeof model.generate = (request) => {
        turns += 1;
        if (turns > after) throw new ApprenticeError("context_overflow", "Too long.");
        return model.generate(request);
      };
      return createAgent({ model: { ...model, generate }, sandbox }).run("q").result;
    };
    const trajectory = await overflow(1);
    expect(trajectory).toMatchObject({ outcome: { type: "no_answer", message: "Too long." }, steps: [{ kind: "action" }] });
    expect(parseTrajectory(JSON.stringify(trajectory))).toEqual(trajectory);
    expect((await overflow(0)).outcome).toMatchObject({ type: "error", code: "context_overflow" });
  });

  it("runs many questions at once, each with variables of its own", async () => {
    const runs = Array.from({ length: 4 }, (_, index) => {
      const model = scriptedModel([act("a", `x = ${index}`), act("b", "final_answer(x)")]);
      return createAgent({ model, sandbox }).run("q").result;
    });
    const answers = (await Promise.all(runs)).map(({ outcome }) => (outcome.type === "answered" ? outcome.answer : outcome));
    expect(answers).toEqual(["0", "1", "2", "3"]);
  });

  it("draws the same seeds for the same seed, and others for another", async () => {
    const seedsOf = async (seed: number) => {
      const model = scriptedModel([act("a", "1"), act("b", "final_answer(1)")]);
      await createAgent({ model, sandbox }).run("q", { seed }).result;
      return model.requests.map((request) => request.seed);
    };
    expect(await seedsOf(1)).toEqual(await seedsOf(1));
    expect(await seedsOf(1)).not.toEqual(await seedsOf(2));
  });

  it("refuses an empty question and options that make no sense", () => {
    const model = scriptedModel([]);
    expect(() => createAgent({ model }).run("  ")).toThrowError(expect.objectContaining({ code: "question_empty" }));
    expect(() => createAgent({ model, maxSteps: 0 })).toThrowError(expect.objectContaining({ code: "option_invalid" }));
  });
});
