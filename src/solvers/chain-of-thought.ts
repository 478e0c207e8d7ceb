import { ApprenticeError } from "../errors.ts";
import type { ChatModel } from "../model/types.ts";
import type { Hit, Retriever } from "../retrieval/types.ts";
import type { Outcome, Step, Trajectory } from "../trajectory/schema.ts";
import { sumUsage } from "../trajectory/usage.ts";
import { type AnswerKey, plainAnswerKey, voteOnAnswers } from "./answer-vote.ts";
import { cotMessages, type CotPrompt, cotPrompt } from "./cot-prompt.ts";
import { drawResponses } from "./draw.ts";
import { failure } from "./failure.ts";
import { metered } from "./meter.ts";
import { beginRecord } from "./record.ts";
import { startRun } from "./run.ts";
import type { Question, Run, RunEvent, SolveOptions, Solver } from "./types.ts";

export interface ChainOfThoughtOptions {
  readonly model: ChatModel;
  /** Default: `cotPrompt`. */
  readonly prompt?: CotPrompt;
  /** Chains drawn, whose answers vote: self-consistency when more than 1. Default: 1. */
  readonly samples?: number;
  /** Default: 0 for one chain, 0.4 for several, as the paper's action sampling, so that both spend alike. */
  readonly temperature?: number;
  /** Default: 1 for one chain, 0.8 for several. */
  readonly topP?: number;
  /** Tokens of a chain. Default: 4096. */
  readonly maxTokens?: number;
  /** Which answers count as one in the vote. Default: `plainAnswerKey`. */
  readonly answerKey?: AnswerKey;
  /** Passages found for the question are put before it: retrieval-augmented chain of thought. Default: none. */
  readonly retriever?: Retriever;
  /** Passages put before the question. Default: 3. */
  readonly k?: number;
  /** Shows the model the question's reference solution, if it has one. Default: false. */
  readonly guided?: boolean;
}

type Config = Required<Omit<ChainOfThoughtOptions, "retriever">> & Pick<ChainOfThoughtOptions, "retriever"> & {
  readonly solverId: string;
  readonly sampler: { readonly id: string };
};

/**
 * Chain-of-thought prompting: the model reasons in words and ends in an answer; no code, no tools. With `samples` it is
 * self-consistency, with a `retriever` it is the paper's RAG baseline.
 *
 * @throws `option_invalid`; `question_empty` by a run without a question.
 */
export function chainOfThought(options: ChainOfThoughtOptions): Solver {
  const { samples = 1 } = options;
  if (!Number.isInteger(samples) || samples < 1) throw new ApprenticeError("option_invalid", `samples is ${samples}: give a whole number above 0.`);
  const { temperature = samples > 1 ? 0.4 : 0, topP = samples > 1 ? 0.8 : 1 } = options;
  const config: Config = {
    prompt: cotPrompt,
    maxTokens: 4096,
    answerKey: plainAnswerKey,
    k: 3,
    guided: false,
    ...options,
    samples,
    temperature,
    topP,
    solverId: options.retriever ? "rag" : "cot",
    sampler: { id: temperature === 0 && samples === 1 ? "greedy" : `consistency(n=${samples},t=${temperature},p=${topP})` },
  };
  return {
    id: config.solverId,
    solve: (question: Question, solveOptions: SolveOptions = {}): Run => {
      if (question.text.trim() === "") throw new ApprenticeError("question_empty", "The question is empty: give some text.");
      return startRun(think(config, question, solveOptions));
    },
  };
}

async function* think(config: Config, question: Question, options: SolveOptions): AsyncGenerator<RunEvent, Trajectory> {
  const { model, prompt, retriever, k, guided } = config;
  const signal = options.signal ?? new AbortController().signal;
  const meter = metered(model);
  const steps: Step[] = [];
  const messages = cotMessages(prompt, question, [], guided);
  const record = beginRecord(config, question, options, messages);
  yield { type: "run_start", question: record.question, solver: config.solverId, model: model.id };
  let outcome: Outcome;
  try {
    signal.throwIfAborted();
    const [hits = []] = retriever ? await retriever.search([question.text], { k, signal }) : [];
    // The record takes the conversation when the run ends.
    messages.splice(0, messages.length, ...cotMessages(prompt, question, hits, guided));
    outcome = yield* respond({ ...config, model: meter.model }, messages, hits, record.seed, steps, signal);
  } catch (error) {
    outcome = failure(error, signal);
  }
  const trajectory = record.finish(steps, outcome, meter.usage());
  yield { type: "run_end", trajectory };
  return trajectory;
}

async function* respond(
  { model, samples, temperature, topP, maxTokens, answerKey, retriever }: Config,
  messages: Trajectory["messages"],
  hits: readonly Hit[],
  seed: number,
  steps: Step[],
  signal: AbortSignal,
): AsyncGenerator<RunEvent, Outcome> {
  yield { type: "step_start", step: 0, kind: "response" };
  const start = performance.now();
  const responses = yield* drawResponses(model, { messages, n: samples, temperature, topP, maxTokens, seed, signal }, 0);
  const vote = voteOnAnswers(responses, answerKey);
  const step: Step = {
    kind: "response",
    index: 0,
    ...(retriever && { retrieved: hits.map(({ passage, score }) => ({ id: passage.id, text: passage.text, score })) }),
    responses,
    vote,
    usage: sumUsage(responses.map(({ usage }) => usage)),
    ms: performance.now() - start,
  };
  steps.push(step);
  yield { type: "step_end", step };
  const answer = responses[vote.winner]?.answer;
  return answer === undefined ? { type: "no_answer" } : { type: "answered", answer, by: "response" };
}
