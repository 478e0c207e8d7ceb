import { z } from "zod";
import { hyperparametersSchema } from "../training/hyperparameters.ts";
import { settingsSchema } from "../training/jobs/spec.ts";
import { runLabelsSchema } from "../eval/run-labels.ts";

const whole = z.number().int().positive();
const positive = z.number().positive();
const text = z.string().min(1);
/** Stages and folders are named after it. */
const name = z.string().regex(/^[a-z0-9][\w.+-]*$/i, "a name has letters, digits, and . _ + - only");
const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1).refine((all) => new Set(all).size === all.length, "names one of them twice")]);

const questions = z
  .strictObject({
    file: text.exactOptional().describe("Beside this file, or in the folder of benchmarks (docs/eval.md)."),
    benchmark: text.exactOptional().describe("A benchmark by name, e.g. gsm_hard; with file: which one it holds."),
    skip: whole.exactOptional().describe("Leaves out the first so many with an answer."),
    limit: whole.exactOptional().describe("Only the first so many with an answer, of those not left out."),
  })
  .refine(({ file, benchmark }) => file !== undefined || benchmark !== undefined, "give file or benchmark");

const agentOnly = ["prompt", "tools", "config", "maxSteps", "forceCode", "firstThought", "timeLimit"] as const;

const solver = {
  model: text.exactOptional().describe("A catalogue name, a .gguf file, hf:owner/repo/file.gguf, or openai:MODEL@http://host:8000/v1."),
  solver: z.enum(["agent", "cot", "rag"]).default("agent").describe("agent; cot: chain of thought; rag: passages before the question."),
  samples: whole.exactOptional().describe("Above 1: self-consistent action generation for agents, self-consistency for the rest."),
  temperature: z.number().min(0).max(2).exactOptional().describe("Of the samples. Default: 0.4."),
  topP: z.number().min(0).max(1).exactOptional().describe("Of the samples. Default: 0.8."),
  prompt: z.enum(["teacher", "student"]).exactOptional().describe("teacher: with worked examples; student: without, as students are trained. Default: student for students, else teacher."),
  tools: z.array(text).exactOptional().describe("Modules that export tools."),
  config: text.exactOptional().describe("JSON with prompt, dialect, limits (docs/agent.md)."),
  index: text.exactOptional().describe("Passages that the agent can search, and that rag puts before the question."),
  retriever: text.exactOptional().describe("The same, by a module that exports a Retriever."),
  maxSteps: whole.exactOptional().describe("Actions before one forced answer. Default: 5."),
  maxTokens: whole.exactOptional().describe("Of a turn. Default: 1024; 4096 for chains of thought."),
  timeLimit: positive.exactOptional().describe("Seconds of one action. Default: 10."),
  forceCode: z.boolean().exactOptional().describe("Go on with a turn that ended without code, after the opening of a block."),
  firstThought: z.union([z.boolean(), z.literal("guided")]).exactOptional().describe("Begin with the first step of a chain of thought (Eq. 5); guided: which may see the reference solution."),
  guided: z.boolean().exactOptional().describe("cot: the chain of thought may see the reference solution."),
  seed: z.number().int().exactOptional().describe("Default: 0."),
  concurrency: z.union([whole, z.literal("auto")]).exactOptional().describe("Questions in flight; auto: as many as a server takes. Default: 4."),
};

interface SolverFields {
  readonly solver: "agent" | "cot" | "rag";
  readonly index?: string;
  readonly retriever?: string;
}

function checkSolver(value: SolverFields, context: z.RefinementCtx): void {
  const issue = (message: string, path: string) => context.addIssue({ code: "custom", message, path: [path] });
  const searchable = value.index !== undefined || value.retriever !== undefined;
  for (const field of agentOnly) if (value.solver !== "agent" && field in value) issue(`has no meaning for solver ${value.solver}`, field);
  if (value.index !== undefined && value.retriever !== undefined) issue("give index or retriever, not both", "index");
  if (value.solver === "rag" && !searchable) issue("rag searches: give index or retriever", "solver");
  if (value.solver === "cot" && searchable) issue("cot does not search: use rag", "solver");
}

const collection = z
  .strictObject({
    ...solver,
    model: text.describe("The teacher."),
    questions: name.describe("Of the questions above."),
    attempts: whole.default(1).describe("Tries at each question; the first is greedy."),
    until: z.enum(["right", "all"]).default("right").describe("right: no more tries once one is right; all: every one."),
    retryTemperature: z.number().min(0).max(2).default(0.7).describe("Of the tries after the first."),
    retryTopP: z.number().min(0).max(1).default(0.95).describe("Of the tries after the first."),
    grader: text.default("auto").describe("auto (by benchmark), math, exact or f1, or a module that exports a Grader."),
  })
  .superRefine(checkSolver);

const filter = z.strictObject({
  literals: z.boolean().default(false).describe("Keep answers that no code computed."),
  duplicates: z.boolean().default(false).describe("Keep further trajectories of a question."),
  forced: z.boolean().default(false).describe("Keep answers that were asked for after the last step."),
  maxTokens: whole.exactOptional().describe("Longest trajectory, in tokens written."),
  testSets: z.array(name).default([]).describe("Questions, of those above, that training must not see."),
  ngram: whole.default(13).describe("Words in a row that may not be shared with them."),
});

const exported = z.strictObject({
  unit: z.enum(["trajectory", "step"]).default("trajectory").describe("What a row is."),
  parseErrors: z.enum(["drop", "cut", "keep"]).default("drop").describe("Turns without code: drop the run, cut the turn, or keep it."),
  maskFailed: z.boolean().default(false).describe("Leave failed steps out of the loss."),
  maxLength: whole.default(10_240).describe("Longer rows are left out, in tokens."),
  validation: z.number().min(0).lt(1).default(0.05).describe("Share of the questions held out."),
});

const backend = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("local").describe("This machine.") }),
  z.strictObject({
    type: z.literal("ssh").describe("Another machine; the job's folder is copied there."),
    host: text.describe("user@host"),
    args: z.array(text).exactOptional().describe("More arguments of ssh, e.g. -p2222."),
    root: text.exactOptional().describe("Folder there. Default: apprentice-jobs."),
  }),
  z.strictObject({
    type: z.literal("slurm").describe("sbatch, here or on a host."),
    sbatch: z.array(text).default([]).describe("Its arguments, e.g. --gpus=1."),
    host: text.exactOptional().describe("user@host. Default: this machine, and a file system that the nodes share."),
  }),
  z.strictObject({ type: z.literal("ray").describe("Ray's Jobs API."), url: text.describe("Of its dashboard, e.g. http://head:8265.") }),
  z.strictObject({
    type: z.literal("command").describe("Anything, by commands with {folder}, {attempt} and {name} in them."),
    submit: text.describe("Has sh {folder}/run.sh {attempt} run."),
    alive: text.exactOptional().describe("Ends with 0 while the attempt goes on."),
    cancel: text.exactOptional(),
    pull: text.exactOptional().describe("Brings the folder back."),
  }),
]);

const student = z.strictObject({
  model: text.describe("What is trained: a catalogue name, a .gguf file, a folder in Hugging Face's format, or hf:owner/name."),
  tokenizer: text.exactOptional().describe("Its GGUF file, for template and tokens, where model is none. Default: model."),
  from: oneOrMore(name).describe("Collections that it learns from."),
  filter: filter.prefault({}),
  export: exported.prefault({}),
  training: hyperparametersSchema.partial().prefault({}).describe("Default: the paper's."),
  job: settingsSchema.partial().extend({ backend: backend.exactOptional().describe("Where it is trained. Default: local."), python: text.exactOptional() }).prefault({}),
});

const evaluation = z
  .strictObject({
    ...solver,
    student: name.exactOptional().describe("Of the students above. model then names it on a server; without, its base model is opened here with the adapter."),
    questions: oneOrMore(name),
    seeds: whole.default(1).describe("Each question is asked so many times, with one seed after another."),
    grader: text.default("auto"),
    judge: text.exactOptional().describe("A model that judges factual answers, in place of exact match."),
    labels: runLabelsSchema.strict().exactOptional().describe("What the report cannot know (docs/report.md)."),
  })
  .superRefine((value, context) => {
    checkSolver(value, context);
    if (value.student === undefined && value.model === undefined) context.addIssue({ code: "custom", message: "give student or model", path: ["model"] });
    if (value.judge !== undefined && value.grader !== "auto") context.addIssue({ code: "custom", message: "a judge takes the place of the grader: give one of them", path: ["judge"] });
  });

const estimates = z.strictObject({
  tokensPerRun: positive.default(400).describe("Written for one greedy answer."),
  tokensPerSecond: positive.default(30).describe("Written by the model, all questions in flight together."),
  attemptsPerQuestion: positive.exactOptional().describe("Of those allowed. Default: all with until: all, else half."),
  trainTokensPerRow: positive.default(400),
  trainTokensPerSecond: positive.default(100),
  dollarsPerHour: positive.exactOptional().describe("Of the machine."),
});

export const experimentSchema = z.strictObject({
  name: name.describe("Its folder, where none is given, is runs/NAME."),
  description: text.exactOptional(),
  questions: z.record(name, questions),
  collections: z.record(name, collection).default({}),
  students: z.record(name, student).default({}),
  evaluations: z.record(name, evaluation).default({}),
  report: z
    .strictObject({
      baseline: oneOrMore(name).exactOptional().describe("The evaluations that every other is compared with, question by question."),
      trajectories: whole.default(10_000).describe("How many the page holds at most."),
    })
    .prefault({}),
  archive: text.exactOptional().describe("Folder beside this file with what `apprentice distill --save` put there: runs and students go on from it."),
  estimates: estimates.prefault({}).describe("For the plan's guesses."),
});

export type Experiment = z.output<typeof experimentSchema>;
export type Collection = Experiment["collections"][string];
export type StudentSpec = Experiment["students"][string];
export type Evaluation = Experiment["evaluations"][string];
export type Estimates = Experiment["estimates"];

/** The schema that editors complete with: shipped as `apprentice/experiment.schema.json`. */
export function experimentJsonSchema(): object {
  return { $id: "apprentice/experiment@1", title: "A distillation by apprentice", ...z.toJSONSchema(experimentSchema, { io: "input" }), patternProperties: { "^x-": {} } };
}

/** What an evaluation on one of its sets of questions is called. */
export function evaluationName(name: string, questions: string): string {
  return `${name}.${questions}`;
}
