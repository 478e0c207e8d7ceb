import { ApprenticeError } from "../errors.ts";
import type { ChatModel } from "../model/types.ts";
import { greedy, type Sampler } from "../sampling/index.ts";
import type { Limits, Sandbox } from "../sandbox/types.ts";
import type { FirstThoughts } from "../solvers/first-thought.ts";
import { startRun } from "../solvers/run.ts";
import type { Question, Run, SolveOptions, Solver } from "../solvers/types.ts";
import { toHostFunction } from "../tools/python.ts";
import type { Tool } from "../tools/types.ts";
import type { AnswerCheck } from "./answer-check.ts";
import { codeAct, type Dialect } from "./dialect.ts";
import { agentLoop, type LoopConfig } from "./loop.ts";
import { type Prompt, teacherPrompt } from "./prompt.ts";

export interface AgentOptions {
  readonly model: ChatModel;
  /** Functions that the code can call. Default: none besides `final_answer`. */
  readonly tools?: readonly Tool[];
  /** How each step's action is chosen. Default: `greedy()`. */
  readonly sampler?: Sampler;
  /** Default: `teacherPrompt`; give `studentPrompt` to a model that was trained to act. */
  readonly prompt?: Prompt;
  /** Default: `codeAct`, the paper's format. */
  readonly dialect?: Dialect;
  /** Where the code runs. Default: a sealed Pyodide that all agents of the process share. */
  readonly sandbox?: Sandbox;
  /** Of a run's interpreter. Default: see {@link Limits}. */
  readonly limits?: Partial<Limits>;
  /** Actions before one forced answer. Default: 5, as in the paper. */
  readonly maxSteps?: number;
  /** Tokens of a turn. Default: 1024. */
  readonly maxTokens?: number;
  /** Gives the first turn its beginning (Eq. 5): for teachers. A model that takes no prefill goes without, and the record says so. Default: none. */
  readonly firstThought?: FirstThoughts;
  /** A turn that the model ends without code is continued after the opening of a code block; the record says so. A model that takes no prefill goes without. Default: false. */
  readonly forceCode?: boolean;
  /** Each may refuse a final answer, with a reason that the model reads. Default: none. */
  readonly answerChecks?: readonly AnswerCheck[];
}

export interface Agent extends Solver {
  /** `solve` for a question that is just a text. */
  run(question: string, options?: SolveOptions): Run;
}

/**
 * A CodeAct agent: it thinks, writes Python, sees what the code printed, and goes on until it calls `final_answer`.
 *
 * @throws `option_invalid` for options that make no sense; `question_empty` by a run without a question.
 */
export function createAgent(options: AgentOptions): Agent {
  const { model, tools = [], sandbox, limits = {} } = options;
  const names = tools.map((tool) => tool.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new ApprenticeError("option_invalid", `Two tools are named "${repeated}": rename one.`);

  const config: LoopConfig = {
    solverId: "agent",
    model,
    functions: tools.map(toHostFunction),
    sampler: options.sampler ?? greedy(),
    prompt: options.prompt ?? teacherPrompt,
    dialect: options.dialect ?? codeAct,
    sandbox: sandbox ? async () => sandbox : sharedSandbox,
    limits,
    maxSteps: positive("maxSteps", options.maxSteps ?? 5),
    maxTokens: positive("maxTokens", options.maxTokens ?? 1024),
    checks: options.answerChecks ?? [],
    firstThought: options.firstThought,
    forceCode: options.forceCode ?? false,
    variants: [...(options.firstThought ? ["first_thought"] : []), ...(options.forceCode ? ["force_code"] : [])],
  };

  const solve = (question: Question, solveOptions: SolveOptions = {}): Run => {
    if (question.text.trim() === "") throw new ApprenticeError("question_empty", "The question is empty: give some text.");
    return startRun(agentLoop(config, question, solveOptions));
  };
  return { id: config.solverId, solve, run: (text, solveOptions) => solve({ text }, solveOptions) };
}

let shared: Promise<Sandbox> | undefined;

async function sharedSandbox(): Promise<Sandbox> {
  shared ??= import("../sandbox/index.ts").then(({ pyodideSandbox }) => pyodideSandbox());
  return shared;
}

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ApprenticeError("option_invalid", `${name} is ${value}: give a whole number above 0.`);
}
