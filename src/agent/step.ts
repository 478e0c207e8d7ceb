import type { ChatModel, GenerateEvent, GenerateRequest, Message, Usage } from "../model/types.ts";
import type { Ballot, Sampler } from "../sampling/types.ts";
import type { Attempt, Session } from "../sandbox/types.ts";
import type { RunEvent } from "../solvers/types.ts";
import type { AttemptRecord, Candidate, Vote } from "../trajectory/schema.ts";
import { sumUsage } from "../trajectory/usage.ts";
import type { Dialect } from "./dialect.ts";
import { EventQueue } from "./event-queue.ts";
import { endedWithoutCode, forceCode } from "./forced-code.ts";
import { parseAction } from "./parse.ts";
import { randomSeed } from "../random.ts";
import { syntaxWatch } from "./syntax-watch.ts";
import { Trials } from "./trials.ts";

export interface StepContext {
  readonly model: ChatModel;
  readonly sampler: Sampler;
  readonly question: string;
  /** May still be opening. */
  readonly session: Promise<Session>;
  readonly dialect: Dialect;
  /** Tokens that a turn may take. */
  readonly maxTokens: number;
  /** Whether a turn that ended without code is continued after the opening of a code block. */
  readonly forceCode: boolean;
  readonly signal: AbortSignal;
}

/** Where a step begins. */
export interface StepStart {
  readonly index: number;
  readonly messages: readonly Message[];
  /** What the turn begins with; empty for most. */
  readonly prefill: string;
  /** Numbers in [0, 1) from the run's seed. */
  readonly random: () => number;
}

export interface StepResult {
  readonly candidates: Candidate[];
  readonly vote: Vote;
  readonly winner: Candidate;
  readonly usage: Usage;
}

/** One step: sample candidates, parse each, try each from the present state, vote, commit the winner. */
export async function* takeStep(start: StepStart, context: StepContext): AsyncGenerator<RunEvent, StepResult> {
  const { sampler, question, signal } = context;
  const { index: step, messages, random } = start;
  const seed = randomSeed(random);
  const ballot = sampler.open({ step, question, messages, random, signal });
  const attempts = new Map<number, Attempt>();
  const candidates = yield* drawAndTry(start, seed, ballot, attempts, context);

  const vote = await ballot.decide(candidates);
  const winner = candidates[vote.winner];
  if (!winner) throw new RangeError(`Sampler ${sampler.id} voted for candidate ${vote.winner} of ${candidates.length}.`);
  const attempt = attempts.get(vote.winner);
  const usage = sumUsage(candidates.map((candidate) => candidate.usage));
  // The attempt of a single candidate is the present state already.
  if (!attempt || ballot.samples === 1) return { candidates, vote, winner, usage };
  const committed = await (await context.session).commit(attempt, { signal });
  const final = { ...winner, attempt: recordAttempt(committed) };
  return { candidates: candidates.with(vote.winner, final), vote, winner: final, usage };
}

/** Candidates run while others are still being written; those that cannot matter any more are stopped. */
async function* drawAndTry(
  { index: step, messages, prefill }: StepStart,
  seed: number,
  { samples, first, needless }: Ballot,
  attempts: Map<number, Attempt>,
  context: StepContext,
): AsyncGenerator<RunEvent, Candidate[]> {
  const { model, sampler, dialect, maxTokens } = context;
  // An error ends the other candidates, too: nobody will know of them.
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const cancels = Array.from({ length: samples }, () => new AbortController());
  const events = new EventQueue<RunEvent>();
  const finished: Candidate[] = [];
  const trials = new Trials(context.session, signal);
  const request: GenerateRequest = {
    messages,
    ...(prefill !== "" && { prefill }),
    n: samples,
    temperature: sampler.temperature,
    topP: sampler.topP,
    maxTokens,
    stop: dialect.stop,
    seed,
    cancel: cancels.map((cancel) => cancel.signal),
    signal,
  };

  const tryCode = async (index: number, code: string): Promise<Attempt | undefined> => {
    const cancel = cancels[index];
    // A single candidate is committed as it runs.
    return samples === 1 || !cancel ? (await context.session).run(code, { signal }) : trials.try(code, cancel.signal);
  };
  const finish = async (written: Candidate): Promise<void> => {
    const forced = context.forceCode && endedWithoutCode(written, model);
    const candidate = forced ? await forceCode(step, written, model, request, dialect, (event) => events.push(event)) : written;
    events.push({ type: "candidate_end", step, candidate });
    if (candidate.action.ok && !candidate.attempt && candidate.finish !== "cancelled") {
      const attempt = await tryCode(candidate.index, candidate.action.code);
      if (attempt) {
        attempts.set(candidate.index, attempt);
        events.push({ type: "attempt_end", step, attempt: { ...attempt, index: candidate.index } });
      }
      finished.push(attempt ? { ...candidate, attempt: recordAttempt(attempt) } : { ...candidate, finish: "cancelled" });
    } else {
      finished.push(candidate);
    }
    for (const index of needless(finished)) cancels[index]?.abort();
  };

  const draw = async (): Promise<void> => {
    const start = performance.now();
    const texts: string[] = Array.from({ length: samples }, () => prefill);
    if (prefill !== "") for (const candidate of texts.keys()) events.push({ type: "text_delta", step, candidate, text: prefill });
    const watch = samples === 1 ? undefined : syntaxWatch(dialect, context.session, (index) => index !== first && cancels[index]?.abort());
    const trying: Promise<void>[] = [];
    for await (const event of model.generate(request)) {
      if (event.type === "delta") {
        texts[event.index] += event.text;
        watch?.look(event.index, texts[event.index] ?? "");
        events.push({ type: "text_delta", step, candidate: event.index, text: event.text });
        continue;
      }
      const candidate = readCandidate(texts[event.index] ?? "", prefill, event, performance.now() - start, dialect);
      const broken = event.finish === "cancelled" ? watch?.error(event.index) : undefined;
      const trial = finish(broken && candidate.action.ok ? { ...candidate, attempt: broken } : candidate);
      trial.catch((error: unknown) => failed.abort(error));
      trying.push(trial);
    }
    await Promise.all(trying);
  };
  draw().then(
    () => events.end(),
    (error: unknown) => {
      failed.abort(error);
      // A draw that was ended for a trial's error may name it otherwise.
      events.end({ error: failed.signal.reason });
    },
  );
  yield* events;
  return finished.toSorted((a, b) => a.index - b.index);
}

function readCandidate(text: string, prefill: string, done: Extract<GenerateEvent, { type: "done" }>, ms: number, dialect: Dialect): Candidate {
  const { index, finish, usage, tokenIds, logprobs } = done;
  return {
    index,
    text,
    ...(prefill !== "" && { given: [{ text: prefill, at: 0, source: "first_thought" as const }] }),
    finish,
    ...(tokenIds && { tokenIds: [...tokenIds] }),
    ...(logprobs && { logprobs: [...logprobs] }),
    usage,
    ms,
    action: parseAction(text, dialect),
  };
}

function recordAttempt({ index: _index, source: _source, toolCalls, deferred, ...rest }: Attempt): AttemptRecord {
  return {
    ...rest,
    ...(deferred && { deferred: { ...deferred, args: { ...deferred.args } } }),
    toolCalls: toolCalls.map((call) => ({ ...call, args: { ...call.args } })),
  };
}
