import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { restoreStage } from "../src/distill/archive.ts";
import { apart } from "../src/distill/redact.ts";
import { experimentJsonSchema, type ExperimentEvent, outputOf, parseExperiment, planExperiment, readExperiment, runExperiment, saveStage, selectStages, type Stage } from "../src/distill/index.ts";
import { ApprenticeError, type ChatModel } from "../src/index.ts";
import { scriptedModel } from "../src/testing/index.ts";

const root = resolve(import.meta.dirname, "..");
const folder = await mkdtemp(join(tmpdir(), "apprentice-distill-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const yaml = `
name: test
questions:
  train: { file: train.jsonl }
  test: { file: test.jsonl }
evaluations:
  greedy: { model: one, solver: cot, questions: test }
  voted: { model: one, solver: cot, samples: 2, questions: [train, test] }
report: { baseline: greedy }
`;
const lines = (...answers: string[]) => answers.map((answer) => `${JSON.stringify({ text: `Which number is ${answer}?`, answer })}\n`).join("");
await writeFile(join(folder, "test.yaml"), yaml);
await writeFile(join(folder, "train.jsonl"), lines("42", "43"));
await writeFile(join(folder, "test.jsonl"), lines("42", "7"));

let asked = 0;
const openModel = async (): Promise<ChatModel> => ({
  ...scriptedModel([]),
  id: "one",
  generate(request) {
    asked += 1;
    return scriptedModel(Array.from({ length: request.n ?? 1 }, () => "It is \\boxed{42}.")).generate(request);
  },
});

async function run(out: string, options: { readonly signal?: AbortSignal; readonly onEvent?: (event: ExperimentEvent) => void } = {}): Promise<{ readonly ran: string[]; readonly result: unknown }> {
  const ran: string[] = [];
  const stages = await planExperiment(await readExperiment(join(folder, "test.yaml")), join(folder, out));
  const result = await runExperiment(stages, join(folder, out), {
    openModel,
    signal: options.signal ?? new AbortController().signal,
    onProgress: () => undefined,
    onNote: () => undefined,
    onEvent(event) {
      options.onEvent?.(event);
      if (event.type === "stage_start") ran.push(`${event.stage.kind} ${event.stage.name}`);
    },
  });
  return { ran, result };
}

describe("an experiment", () => {
  it("compares every evaluation with each of several baselines, and no two of them twice", async () => {
    await writeFile(join(folder, "test.yaml"), yaml.replace("report: { baseline: greedy }", "  other: { model: one, solver: cot, questions: test, seed: 1 }\nreport: { baseline: [greedy, voted] }"));
    const { result } = await run("baselines");
    await writeFile(join(folder, "test.yaml"), yaml);
    const { comparisons } = result as { readonly comparisons: readonly { readonly runs: readonly string[] }[] };
    expect(comparisons.map(({ runs }) => runs.join(" with "))).toEqual(["voted.test with greedy.test", "other.test with greedy.test", "other.test with voted.test"]);
  });

  it("runs its stages once, and after a change only those that it touches", async () => {
    const first = await run("changed");
    expect(first.ran).toEqual(["evaluate greedy.test", "evaluate voted.train", "evaluate voted.test", "report test"]);
    expect(first.result).toMatchObject({ summaries: [{ run: "greedy.test", summary: { accuracy: { value: 0.5 } } }, {}, {}], comparisons: [{ runs: ["voted.test", "greedy.test"], comparison: { questions: 2, difference: { value: 0 } } }] });

    const before = asked;
    expect(await run("changed")).toEqual({ ran: [], result: first.result });
    await writeFile(join(folder, "test.yaml"), yaml.replace("samples: 2", "samples: 3, concurrency: 1"));
    expect((await run("changed")).ran).toEqual(["evaluate voted.train", "evaluate voted.test", "report test"]);
    await writeFile(join(folder, "train.jsonl"), lines("42", "44"));
    expect((await run("changed")).ran).toEqual(["evaluate voted.train", "report test"]);
    expect(asked).toBeGreaterThan(before);

    const afterwards = asked;
    await writeFile(join(folder, "test.yaml"), yaml.replace("solver: cot, samples: 2", "concurrency: 2, samples: 2, solver: cot"));
    await writeFile(join(folder, "train.jsonl"), lines("42", "43"));
    expect(await run("changed"), "what was made before is taken again").toEqual({ ran: [], result: first.result });
    expect(asked).toBe(afterwards);
    await writeFile(join(folder, "test.yaml"), yaml);
  });

  it("interrupted between stages, goes on to the same result", async () => {
    const stopped = new AbortController();
    await expect(run("stopped", { signal: stopped.signal, onEvent: (event) => event.type === "stage_end" && stopped.abort() })).rejects.toThrow();
    const { ran, result } = await run("stopped");
    expect(ran).toEqual(["evaluate voted.train", "evaluate voted.test", "report test"]);
    expect(JSON.stringify(result, withoutTimes)).toBe(JSON.stringify((await run("whole")).result, withoutTimes));
  });

  describe("from teachers with settings of their own", () => {
    const teacher = async (): Promise<ChatModel> => ({
      ...scriptedModel([]),
      id: "one",
      generate: (request) => scriptedModel(["Thought: I know it.\nCode:\n```py\nfinal_answer(42)\n```<end_code>"]).generate(request),
    });

    async function datasetOf(name: string, students: string, config: object): Promise<string> {
      const source = yaml.slice(0, yaml.indexOf("evaluations:")).replace("name: test", `name: ${name}`) + `
collections: { own: { model: one, config: ${name}.json, questions: train }, plain: { model: one, questions: train } }
students: { s: { model: smollm2-135m, from: ${students}, filter: { literals: true }, export: { validation: 0 } } }
`;
      await writeFile(join(folder, `${name}.yaml`), source);
      await writeFile(join(folder, `${name}.json`), JSON.stringify(config));
      await writeFile(join(folder, "train.jsonl"), lines("42", "43"));
      const stages = (await planExperiment(await readExperiment(join(folder, `${name}.yaml`)), join(folder, name))).filter(({ kind }) => kind !== "train");
      await runExperiment(stages, join(folder, name), { openModel: teacher, signal: new AbortController().signal, onEvent: () => undefined, onProgress: () => undefined, onNote: () => undefined });
      return readFile(join(stages.find(({ kind }) => kind === "dataset")?.folder ?? "", "rows/train.jsonl"), "utf8");
    }

    it("learns under the student's prompt, whatever the teacher's", { timeout: 90_000 }, async () => {
      expect(await datasetOf("own", "own", { prompt: { id: "own", system: "You have these tools:\n{{tools}}\nUse them." } })).toContain("input_ids");
    });

    it("refuses to learn two dialects", { timeout: 90_000 }, async () => {
      const other = { dialect: { retry: "Try again." } };
      await expect(datasetOf("two", "[own, plain]", other)).rejects.toMatchObject({ code: "dialects_differ", message: expect.stringContaining("two.json") });
      const asked = (config: string) => planExperiment(
        { folder, experiment: { ...twoDialects, evaluations: { e: { model: "one", solver: "agent", student: "s", questions: "train", seeds: 1, grader: "auto", ...(config && { config }) } } } },
        join(folder, "two"),
      );
      const twoDialects = await parseExperiment(`name: two
questions: { train: { file: train.jsonl } }
collections: { own: { model: one, config: two.json, questions: train } }
students: { s: { model: smollm2-135m, from: own } }
`, "two");
      await expect(asked(""), "a student is asked in the dialect that it learned").rejects.toMatchObject({ code: "dialects_differ", message: expect.stringContaining("evaluations.e") });
      expect(await asked("two.json")).toHaveLength(5);
      expect(await datasetOf("same", "[own, plain]", { limits: { timeMs: 5000 } })).toContain("input_ids");
    });
  });

  it("interrupted while it waits for a training, says that this goes on", { timeout: 90_000 }, async () => {
    const training = yaml.slice(0, yaml.indexOf("evaluations:")).replace("name: test", "name: waiting") + `
collections: { c: { model: one, solver: cot, questions: train } }
students: { s: { model: smollm2-135m, from: c, export: { validation: 0 }, job: { backend: { type: command, submit: "touch {folder}/submitted" } } } }
`;
    await writeFile(join(folder, "waiting.yaml"), training);
    await writeFile(join(folder, "train.jsonl"), lines("42", "43"));
    const stopped = new AbortController();
    const notes: string[] = [];
    const stages = await planExperiment(await readExperiment(join(folder, "waiting.yaml")), join(folder, "waiting"));
    const options = { openModel, onProgress: () => undefined, onNote: (note: string) => notes.push(note), signal: stopped.signal };
    const running = runExperiment(stages, join(folder, "waiting"), { ...options, onEvent: () => undefined });
    const submitted = join(stages.find(({ kind }) => kind === "train")?.folder ?? "", "job/submitted");
    await Promise.race([running, vi.waitFor(() => expect(existsSync(submitted)).toBe(true), { timeout: 60_000 })]);
    stopped.abort();
    await expect(running).rejects.toThrow();
    expect(notes.join("\n")).toContain("left to train on; the same command re-attaches");
  });

  it("goes on elsewhere from what was saved of its collections", async () => {
    const file = await readExperiment(join(folder, "test.yaml"));
    const collections = { ...(await parseExperiment("name: a\nquestions: { train: { file: f } }\ncollections: { cot: { model: one, solver: cot, questions: train, attempts: 2, until: all } }", "a")).collections };
    const saving = { ...file, experiment: { ...file.experiment, archive: "archive", collections, evaluations: {}, report: { trajectories: 1 } } };
    const planned = (out: string) => planExperiment(saving, join(folder, out));
    const options = { openModel, onEvent: () => undefined, onProgress: () => undefined, onNote: () => undefined };
    const stopped = new AbortController();
    await expect(runExperiment(await planned("begun"), join(folder, "begun"), { ...options, signal: stopped.signal, onProgress: (each) => each.type === "runs" && each.progress.runs > 0 && stopped.abort() })).rejects.toThrow();
    const [begun] = await planned("begun");
    expect(begun && (await saveStage(begun))).toBe(true);
    expect(begun && (await outputOf(begun))).toBeUndefined();

    const saved = gunzipSync(await readFile(join(begun?.archive ?? "", "trajectories.jsonl.gz"))).toString();
    expect(saved).not.toContain("Which number is");

    const runs = async () => {
      const before = asked;
      await runExperiment(await planned("elsewhere"), join(folder, "elsewhere"), { ...options, signal: new AbortController().signal });
      return asked - before;
    };
    const [recorded] = await planned("begun");
    const done = (await readFile(join(recorded?.folder ?? "", "trajectories.jsonl"), "utf8")).split("\n").filter((line) => line.includes('"answered"')).length;
    expect(await runs()).toBe(4 - done);

    const [finished] = await planned("elsewhere");
    expect(finished && (await saveStage(finished))).toBe(true);
    await rm(join(folder, "elsewhere"), { recursive: true });
    expect(finished && (await outputOf(finished)), "a plan knows what the archive has").toMatchObject({ questions: 2 });
    expect(await runs()).toBe(0);
    expect((await readdir(finished?.archive ?? "")).sort()).toEqual(["done.json", "stage.json", "trajectories.jsonl.gz"]);

    // A machine that had only begun takes what was finished, and never puts its beginning in the place of it.
    await rm(finished?.folder ?? "", { recursive: true });
    await mkdir(finished?.folder ?? "");
    await writeFile(join(finished?.folder ?? "", "trajectories.jsonl"), '{"question":{"text":"?"}}\n');
    expect(finished && (await saveStage(finished))).toBe(false);
    expect(await runs()).toBe(0);
    expect((await readFile(join(finished?.folder ?? "", "trajectories.jsonl"), "utf8")).trim().split("\n").length).toBeGreaterThanOrEqual(4);
  });

  it("counts runs that ended by themselves, each once, when it compares with what was saved", async () => {
    const record = (id: string, type: string) => `${JSON.stringify({ id, outcome: { type } })}\n`;
    const [ahead, behind] = await Promise.all(["ahead", "behind"].map(async (name) => {
      await mkdir(join(folder, "counted", name), { recursive: true });
      return join(folder, "counted", name, "trajectories.jsonl");
    })) as [string, string];
    await writeFile(ahead, record("1", "answered") + record("2", "answered"));
    await writeFile(behind, record("1", "answered") + record("1", "answered") + record("2", "error").repeat(20) + record("3", "aborted"));
    const at = (name: string): Stage => ({ folder: join(folder, "counted", name), archive: join(folder, "counted", "archive"), keeps: [{ file: "trajectories.jsonl" }] }) as unknown as Stage;
    expect(await saveStage(at("behind"))).toBe(true);
    const before = await readFile(ahead, "utf8");
    await restoreStage(at("ahead"));
    expect(await readFile(ahead, "utf8"), "twenty failures are no progress").toBe(before);
    expect(await saveStage(at("ahead"))).toBe(true);
    expect(await saveStage(at("behind"))).toBe(false);
    await restoreStage(at("behind"));
    expect(await readFile(behind, "utf8")).toBe(before);
  });

  it("saves evaluations without their questions, and puts these back", async () => {
    const file = await readExperiment(join(folder, "test.yaml"));
    const saving = { ...file, experiment: { ...file.experiment, archive: "evaluations" } };
    const planned = async (out: string) => (await planExperiment(saving, join(folder, out)))[0] as Stage;
    const { result } = await run("evaluated");
    const journal = async (out: string) => (await readFile(join((await planned(out)).folder, "trajectories.jsonl"), "utf8")).split("\n").filter(Boolean).map((line): unknown => JSON.parse(line));
    const before = await journal("evaluated");
    const { archive = "" } = await planned("evaluated");
    expect(await saveStage(await planned("evaluated"))).toBe(true);
    const saved = gunzipSync(await readFile(join(archive, "trajectories.jsonl.gz"))).toString();
    expect(saved).toContain("boxed");
    for (const answer of ["42", "7"]) expect(saved).not.toContain(`Which number is ${answer}?`);

    await restoreStage(await planned("again"));
    expect(await journal("again")).toEqual(before);
    const asking = asked;
    expect(JSON.stringify((await run("again")).result, withoutTimes)).toBe(JSON.stringify(result, withoutTimes));
    // The other two evaluations were not saved: two questions with two samples in one request, twice.
    expect(asked - asking).toBe(4);
  });

  it("keeps first thoughts apart from their questions, too", async () => {
    const question = { text: 'Why "so"?\n', answer: "1", solution: '"So" is 1.' };
    const thought = { text: 'It asks: Why "so"?\n', model: "one", guided: false, question: question.text };
    const { save, restore } = apart({ load: async () => ({ questions: [question], problems: [], sha256: "" }) }, ({ text }) => text);
    expect(JSON.stringify(save(thought))).not.toContain("Why");
    expect(JSON.stringify((await restore())(save(thought)))).toBe(JSON.stringify(thought));
    expect((await restore())(save(JSON.parse(JSON.stringify(thought).replaceAll("Why", "When")) as object)), "of a question that is not asked any more").toBeUndefined();

    // A guided teacher is shown the solution.
    const records = apart({ load: async () => ({ questions: [question], problems: [], sha256: "" }) }, (asked) => asked);
    const run = { messages: [{ role: "user", content: `${question.text} A correct solution: ${question.solution}` }], question };
    expect(JSON.stringify(records.save(run))).not.toMatch(/Why|is 1/);
    expect((await records.restore())(records.save(run))).toEqual(run);
  });

  it("counts runs that can never succeed as without an answer, and repeats the others", async () => {
    const stages = await planExperiment(await readExperiment(join(folder, "test.yaml")), join(folder, "filtered"));
    const notes: string[] = [];
    let refused = 0;
    const model = await openModel();
    const filtering = async (): Promise<ChatModel> => ({
      ...model,
      async *generate(request) {
        if (JSON.stringify(request.messages).includes("is 7?")) {
          refused += 1;
          throw new ApprenticeError("content_filtered", "The server does not answer that.");
        }
        yield* model.generate(request);
      },
    });
    const result = await runExperiment(stages.slice(0, 1), join(folder, "filtered"), { openModel: filtering, signal: new AbortController().signal, onEvent: () => undefined, onProgress: () => undefined, onNote: (note) => notes.push(note) });
    expect([result, refused]).toMatchObject([{ questions: 2, right: 1 }, 1]);
    expect(notes.join()).toContain("can never succeed (content_filtered");
  });

  it("takes a stage for the same wherever its server is and however it is labelled, and not when its grader or its order changes", async () => {
    await writeFile(join(folder, "grader.mjs"), "export default { id: 'a', grade: () => ({}) };");
    const hashes = async (change: (source: string) => string) => {
      const source = change(`
name: hashes
questions: { train: { file: train.jsonl } }
collections:
  a: { model: "openai:teacher@http://one:8000/v1", questions: train }
  b: { model: "openai:teacher@http://one:8000/v1", questions: train, seed: 1, grader: grader.mjs }
students: { s: { model: qwen2.5-coder-0.5b, from: [a, b] } }
evaluations: { e: { model: "openai:teacher@http://one:8000/v1", questions: train, labels: { params: 7B } } }
`);
      const stages = await planExperiment({ experiment: await parseExperiment(source, "h"), folder }, join(folder, "hashes"));
      return Object.fromEntries(stages.map(({ kind, name, hash }) => [`${kind} ${name}`, hash]));
    };
    const same = await hashes((source) => source);
    expect(await hashes((source) => source.replaceAll("one:8000", "two:9000"))).toEqual(same);
    const { "report hashes": report, ...others } = await hashes((source) => source.replace("7B", "8B"));
    expect({ ...others, "report hashes": same["report hashes"] }).toEqual(same);
    expect(report).not.toBe(same["report hashes"]);
    const reordered = await hashes((source) => source.replace("[a, b]", "[b, a]"));
    expect(Object.keys(same).filter((name) => reordered[name] !== same[name])).toEqual(["dataset s", "train s"]);
    await writeFile(join(folder, "grader.mjs"), "export default { id: 'b', grade: () => ({}) };");
    const regraded = await hashes((source) => source);
    expect(Object.keys(same).filter((name) => regraded[name] !== same[name])).toEqual(["collect b", "dataset s", "train s"]);
  });

  it("knows before it runs which files are not there", async () => {
    const experiment = await parseExperiment("name: a\nquestions: { q: { file: test.jsonl } }\nevaluations: { e: { model: one, tools: [gone.mjs], questions: q } }", "a");
    const [stage] = await planExperiment({ experiment, folder }, join(folder, "gone"));
    expect(stage?.missing).toMatchObject({ code: "file_missing", message: expect.stringContaining("gone.mjs") });
    const typo = await parseExperiment("name: a\nquestions: { q: { benchmark: gsm-hrd } }", "a");
    await expect(planExperiment({ experiment: typo, folder }, join(folder, "gone"))).rejects.toThrow("gsm-hrd");
  });

  it("is refused to a second process, and without its questions before anything is run", async () => {
    const file = await readExperiment(join(folder, "test.yaml"));
    const missing = { ...file, experiment: { ...file.experiment, questions: { ...file.experiment.questions, test: { file: "gone.jsonl" } } } };
    const stages = await planExperiment(missing, join(folder, "missing"));
    expect(stages.map(({ missing }) => missing?.code === "questions_missing")).toEqual([true, false, true, false]);
    await expect(runExperiment(stages, join(folder, "missing"), { openModel, signal: new AbortController().signal, onEvent: () => undefined, onProgress: () => undefined, onNote: () => undefined })).rejects.toMatchObject({ code: "questions_missing", message: expect.stringContaining("gone.jsonl") });
    expect(await readdir(folder)).not.toContain("missing");
  });
});

function withoutTimes(key: string, value: unknown): unknown {
  return key === "ms" ? 0 : value;
}

describe("an experiment's file", () => {
  it.each([
    ["no YAML", "name: [", /test\.yaml: .*/],
    ["a field that is none", "name: a\nquestions: {}\nteacher: x", /the file: Unrecognized key: "teacher"/],
    ["a name that is a path", "name: ../a\nquestions: {}", /name: a name has letters/],
    ["questions from nowhere", "name: a\nquestions: { q: { limit: 3 } }", /questions\.q: give file or benchmark/],
    ["a name that is not there", "name: a\nquestions: {}\ncollections: { c: { model: m, questions: q } }", /collections\.c\.questions: there are no questions "q"/],
    ["a chain of thought with tools", "name: a\nquestions: { q: { file: f } }\nevaluations: { e: { model: m, solver: cot, tools: [t], questions: q } }", /evaluations\.e\.tools: has no meaning for solver cot/],
    ["an evaluation of no one", "name: a\nquestions: { q: { file: f } }\nevaluations: { e: { questions: q } }", /give student or model/],
    ["an adapter of a full fine-tuning", "name: a\nquestions: { q: { file: f } }\ncollections: { c: { model: m, questions: q } }\nstudents: { s: { model: qwen2.5-coder-0.5b, from: c, training: { method: full } } }\nevaluations: { e: { student: s, questions: q } }", /fine-tuned in full/],
    ["a student without a GGUF file", "name: a\nquestions: { q: { file: f } }\ncollections: { c: { model: m, questions: q } }\nstudents: { s: { model: hf:a/b, from: c } }", /students\.s: .*give tokenizer/],
    ["an evaluation of it here", "name: a\nquestions: { q: { file: f } }\ncollections: { c: { model: m, questions: q } }\nstudents: { s: { model: hf:a/b, tokenizer: a.gguf, from: c } }\nevaluations: { e: { student: s, questions: q } }", /cannot be opened here: serve it/],
    ["one twice", "name: a\nquestions: { q: { file: f } }\nevaluations: { e: { model: m, questions: [q, q] } }", /evaluations\.e\.questions: .*twice/],
    ["two of one name", "name: a\nquestions: { c: { file: f }, b.c: { file: f } }\nevaluations: { a: { model: m, questions: b.c }, a.b: { model: m, questions: c } }", /a\.b\.c/],
    ["a judge besides a grader", "name: a\nquestions: { q: { file: f } }\nevaluations: { e: { model: m, questions: q, judge: m, grader: exact } }", /evaluations\.e\.judge/],
    ["a bomb of aliases", `name: a\nquestions: {}\nx-a: &a [1,1,1,1,1,1,1,1,1,1]\nx-b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nx-c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nx-d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\nx-e: [*d,*d,*d,*d]`, /alias/i],
  ])("says what is wrong: %s", async (_, source, message) => {
    await expect(parseExperiment(source, "test.yaml")).rejects.toMatchObject({ code: "experiment_invalid", message: expect.stringMatching(message) });
  });

  it("has the schema that is published", async () => {
    expect(JSON.parse(await readFile(join(root, "docs/experiment.schema.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(experimentJsonSchema())));
  });
});

describe("the examples", async () => {
  const paper = (await readdir(join(root, "examples/paper"))).filter((file) => file.endsWith(".yaml"));

  it.each(["small.yaml", "smoke.yaml", ...paper.map((file) => `paper/${file}`)])("%s can be planned, and says what it is", async (file) => {
    const read = await readExperiment(join(root, "examples", file));
    const stages = await planExperiment(read, join(folder, "planned"));
    expect(read.experiment.description).toBeDefined();
    expect(stages.at(-1)?.kind).toBe("report");
    expect(new Set(stages.map(({ folder }) => folder)).size).toBe(stages.length);
    expect(stages.filter(({ kind }) => kind === "evaluate").every(({ estimate }) => estimate.tokens > 0 && estimate.seconds > 0)).toBe(true);
    const order = new Map(stages.map((stage, index) => [stage.hash, index]));
    for (const [index, { needs }] of stages.entries()) for (const need of needs) expect(order.get(need.hash)).toBeLessThan(index);
  });

  it("are run in part, with all that the part needs", async () => {
    const stages = await planExperiment(await readExperiment(join(root, "examples/small.yaml")), join(folder, "planned"));
    const selected = (...names: string[]) => selectStages(stages, names).map(({ kind, name }) => `${kind}/${name}`);
    expect(selected("evaluate/agent-distilled")).toEqual(["collect/agent", "dataset/agent", "train/agent", "evaluate/agent-distilled.gsm_hard", "evaluate/agent-distilled.math_500"]);
    expect(selected("teacher.math_500", "collect/cot")).toEqual(["collect/cot", "evaluate/teacher.math_500"]);
    expect(selected("cot")).toEqual(["collect/cot", "dataset/cot", "train/cot"]);
    expect(selected("small")).toHaveLength(stages.length);
    expect(() => selected("agents")).toThrow(expect.objectContaining({ code: "option_invalid", message: expect.stringContaining("train/agent-ftp") as string }));
  });

  it("of the paper serve each student under a name that tells the report whose it is", async () => {
    for (const file of paper) {
      const { experiment } = await readExperiment(join(root, "examples/paper", file));
      for (const { student, model } of Object.values(experiment.evaluations)) {
        const [, base = ""] = /\/(.*)-instruct$/i.exec(experiment.students[student ?? ""]?.model ?? "") ?? [];
        if (student !== undefined) expect(model).toContain(`openai:${base.toLowerCase()}-`);
      }
    }
  });

  it("of the paper name what docs/reproduce.md says of them", async () => {
    const guide = await readFile(join(root, "docs/reproduce.md"), "utf8");
    for (const file of paper) expect(guide).toContain(file);
  });
});
