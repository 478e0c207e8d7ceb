import { ApprenticeError } from "../errors.ts";
import type { ChatModel, Message, Usage } from "../model/types.ts";
import type { FirstThought } from "../trajectory/schema.ts";
import { sumUsage } from "../trajectory/usage.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { cotMessages, type CotPrompt, cotPrompt } from "./cot-prompt.ts";
import type { FirstThoughtStore } from "./first-thought-store.ts";
import { firstParagraph, type FirstStep } from "./first-step.ts";
import type { Question } from "./types.ts";

/** A first thought as it was written, before anyone is given it. */
export type WrittenThought = Omit<FirstThought, "sent">;

/** Gives each question its first-thought prefix (section 4, Eq. 5). */
export interface FirstThoughts {
  /** The same thought whenever the question is asked again; `usage` only when it was written for this call. */
  of(question: Question, options?: { readonly signal?: AbortSignal }): Promise<WrittenThought>;
}

export interface FirstThoughtOptions {
  /** Who reasons: the teacher. */
  readonly model: ChatModel;
  /** Default: `cotPrompt`. */
  readonly prompt?: CotPrompt;
  /** Default: `firstParagraph`. */
  readonly firstStep?: FirstStep;
  /** Shows the model the question's reference solution, if it has one. Default: false. */
  readonly guided?: boolean;
  /** Tokens of the chain of thought. Default: 1024. */
  readonly maxTokens?: number;
  /** Put before the step. Default: `Thought: `, which opens a turn of the agent. */
  readonly opening?: string;
  /** Keeps thoughts from one process to the next. Default: they are kept in memory. */
  readonly store?: FirstThoughtStore;
}

/**
 * Writes first thoughts: the first step of the model's chain of thought, y₁ of Eq. 5, greedily, once per question.
 *
 * `of` throws `first_thought_empty` when the model writes nothing, and what the model throws; the next call tries again.
 */
export function firstThoughts(options: FirstThoughtOptions): FirstThoughts {
  const { store } = options;
  const writing = new Map<string, { readonly written: Promise<WrittenThought>; readonly signal: AbortSignal | undefined }>();
  const of: FirstThoughts["of"] = async (question, { signal } = {}) => {
    const stored = store?.get(question);
    if (stored) return stored;
    const underWay = writing.get(question.text);
    if (underWay) {
      try {
        return withoutUsage(await unlessAborted(underWay.written, signal));
      } catch (error) {
        // It was written for a run that has been stopped; this one has not.
        if (!signal?.aborted && underWay.signal?.aborted) return of(question, signal ? { signal } : {});
        throw error;
      }
    }
    const written = write(question, options, signal).then(async (thought) => {
      await store?.put(question, withoutUsage(thought));
      return thought;
    });
    writing.set(question.text, { written, signal });
    // What was not written is tried again by the next call.
    written.catch(() => writing.delete(question.text));
    return written;
  };
  return { of };
}

async function write(
  question: Question,
  { model, prompt = cotPrompt, firstStep = firstParagraph, guided = false, maxTokens = 1024, opening = "Thought: " }: FirstThoughtOptions,
  signal: AbortSignal | undefined,
): Promise<WrittenThought> {
  const messages = cotMessages(prompt, question, [], guided);
  let { text, usage } = await complete(model, messages, firstStep.stop, maxTokens, signal);
  let step = firstStep.cut(text);
  if (step === "" && firstStep.stop.length > 0) {
    // It began with a blank line, say: the whole answer shows where the first step is.
    const whole = await complete(model, messages, [], maxTokens, signal);
    text = whole.text;
    usage = sumUsage([usage, whole.usage]);
    step = firstStep.cut(text);
  }
  if (step === "") throw new ApprenticeError("first_thought_empty", `${model.id} wrote no first step for the question ${JSON.stringify(question.text.slice(0, 60))}.`);
  return { text: `${opening}${step}\n\n`, reasoning: text, model: model.id, guided: guided && question.solution !== undefined, usage };
}

async function complete(
  model: ChatModel,
  messages: readonly Message[],
  stop: readonly string[],
  maxTokens: number,
  signal: AbortSignal | undefined,
): Promise<{ text: string; usage: Usage }> {
  let text = "";
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  for await (const event of model.generate({ messages, temperature: 0, maxTokens, stop, ...(signal && { signal }) })) {
    if (event.type === "delta") text += event.text;
    else usage = event.usage;
  }
  return { text, usage };
}

/** What a model is given of a first thought: the record of it, and the prefill, which is absent for a model that takes none. */
export async function giveFirstThought(
  thoughts: FirstThoughts,
  model: ChatModel,
  question: Question,
  signal: AbortSignal,
): Promise<{ readonly record: FirstThought; readonly prefill?: string }> {
  const sent = model.can.prefill;
  const record: FirstThought = { ...(await thoughts.of(question, { signal })), sent };
  return sent === "none" ? { record } : { record, prefill: record.text };
}

function withoutUsage({ usage: _usage, ...thought }: WrittenThought): WrittenThought {
  return thought;
}
