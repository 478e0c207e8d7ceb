import { join } from "node:path";
import { ApprenticeError } from "../errors.ts";
import type { Grader } from "../grading/types.ts";
import type { Question, Solver } from "../solvers/types.ts";
import { wasCutOff } from "../trajectory/count.ts";
import { openJournal, type Journal, type Repair } from "../trajectory/journal.ts";
import { readTrajectories } from "../trajectory/read.ts";
import type { Trajectory } from "../trajectory/schema.ts";
import { addSpent, type Done, markDone, readDone, type Spent } from "./done.ts";
import { ofTheQuestion } from "./failures.ts";
import { keepSettings, type Settings } from "./settings.ts";
import { inShard, journalName, type Shard } from "./shard.ts";

/** Ends a collection before its questions do. No run begins once one is reached; those under way end in peace. */
export interface Budget {
  /** Of input and output together, of the whole journal. */
  readonly tokens?: number;
  /** US dollars, of the whole journal, where the model tells its cost. */
  readonly dollars?: number;
  /** Time of this call, in milliseconds. */
  readonly ms?: number;
}

export interface CollectOptions {
  readonly questions: readonly Question[];
  /** Folder of the journal: `trajectories.jsonl`, or `shard-i-of-n.jsonl` each. Made if it is not there. */
  readonly out: string;
  /** Who answers; a function when later tries at a question are to be made otherwise (sampled, say). */
  readonly solver: Solver | ((attempt: number) => Solver);
  /** Judges answers of questions that have a reference answer. Default: nothing is graded. */
  readonly grader?: Grader;
  /** Tries at each question. Default: 1. */
  readonly attempts?: number;
  /** `right`: tries end with the first right one (rejection sampling); `all`: all are made. Default: `right`. */
  readonly until?: "right" | "all";
  /** Seed of the first try; the next has the next. Default: 0. */
  readonly seed?: number;
  /** Questions in flight. Default: 8. */
  readonly inFlight?: number;
  readonly shard?: Shard;
  readonly budget?: Budget;
  /** Kept beside the journal; a collection goes on only with the same. Default: none. */
  readonly settings?: Settings;
  /** Ends the collection early: runs under way are stopped and recorded as aborted. */
  readonly signal?: AbortSignal;
  /** Called after each record is on disk, and once at the start. */
  readonly onProgress?: (progress: Progress, trajectory?: Trajectory) => void;
  readonly onRepair?: (repair: Repair) => void;
}

export interface Progress {
  /** Questions of this shard. */
  readonly questions: number;
  /** Those with all their tries, or a right one. */
  readonly finished: number;
  /** Those with a right trajectory. */
  readonly right: number;
  /** Runs of this call. */
  readonly runs: number;
  /** Runs of this call that failed; they are repeated by the next one. */
  readonly errors: number;
  /** Runs of this call with a turn that was ended by the limit of tokens. */
  readonly cutOff: number;
  /** Of the whole journal. */
  readonly spent: Readonly<Spent>;
  /** Of this call. */
  readonly ms: number;
}

export interface CollectResult extends Progress {
  /** `done`: nothing is left to do but what failed; `budget`: it was reached; `interrupted`: the signal; `failing`: run after run failed. */
  readonly end: "done" | "budget" | "interrupted" | "failing";
  readonly journal: string;
  /** The error that ended a `failing` collection. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** So many runs that fail one after another mean that the model cannot be had. */
const MAX_FAILURES = 20;

/**
 * Answers many questions and records each run as a line of a journal. Killed or interrupted at any moment, the next call
 * goes on: a try that is on record is not made again, one that failed is.
 *
 * @throws `journal_locked`, `journal_unwritable`, `collect_changed`, `option_invalid`, `file_unreadable`, `trajectory_invalid`; what the grader throws, the run it judged recorded first.
 */
export async function collect(options: CollectOptions): Promise<CollectResult> {
  const { attempts = 1, inFlight = 8, shard } = options;
  for (const [name, value] of Object.entries({ attempts, inFlight })) {
    if (!Number.isInteger(value) || value < 1) throw new ApprenticeError("option_invalid", `${name} is ${value}: give a whole number above 0.`);
  }
  const questions = shard ? options.questions.filter((question) => inShard(question, shard)) : options.questions;
  const path = join(options.out, journalName(shard));
  await using journal = await openJournal(`${path}.jsonl`, options.onRepair ? { onRepair: options.onRepair } : {});
  if (options.settings) await keepSettings(`${path}.json`, options.settings);
  const { done, spent } = await readDone(journal.path);
  const collection = new Collection(options, questions, journal, done, spent);
  await collection.gradeUngraded();
  // Awaited here: the journal closes when this function is left.
  return await collection.run(inFlight);
}

class Collection {
  readonly #options: CollectOptions;
  readonly #questions: readonly Question[];
  readonly #journal: Journal;
  readonly #done: Done;
  readonly #spent: Spent;
  readonly #start = performance.now();
  #runs = 0;
  #errors = 0;
  #cutOff = 0;
  #failuresInARow = 0;
  #finished = 0;
  #right = 0;
  #end: CollectResult["end"] = "done";
  #error: CollectResult["error"];

  constructor(options: CollectOptions, questions: readonly Question[], journal: Journal, done: Done, spent: Spent) {
    this.#options = options;
    this.#questions = questions;
    this.#journal = journal;
    this.#done = done;
    this.#spent = spent;
  }

  /** Runs that were recorded without a grade, since the grader failed or there was none. */
  async gradeUngraded(): Promise<void> {
    const { grader, signal } = this.#options;
    const texts = new Map(this.#questions.map((question) => [question.text, question]));
    const ungraded = [...this.#done].some(([text, tries]) => texts.get(text)?.answer !== undefined && [...tries.values()].some((each) => each.finished && !each.graded));
    if (!grader || !ungraded) return;
    try {
      for await (const trajectory of readTrajectories(this.#journal.path)) {
        const question = texts.get(trajectory.question.text);
        if (!trajectory.grade && question?.answer !== undefined && isFinished(trajectory)) await this.#append(await this.#graded(trajectory, question), question);
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
      this.#end = "interrupted";
    }
  }

  async run(inFlight: number): Promise<CollectResult> {
    const open = this.#questions.filter((question) => {
      const isOpen = this.#nextAttempt(question, 0) !== undefined;
      if (!isOpen) this.#finished += 1;
      if (this.#isRight(question)) this.#right += 1;
      return isOpen;
    });
    // What failed before comes last: if it fails again and again, the rest has been asked.
    open.sort((a, b) => Number(this.#hasFailed(a)) - Number(this.#hasFailed(b)));
    this.#options.onProgress?.(this.#progress());
    const queue = open.values();
    const worker = async () => {
      for (const question of queue) if (!(await this.#answer(question))) return;
    };
    // All workers end before an error of one is thrown, so that nothing is lost.
    const ends = await Promise.allSettled(Array.from({ length: Math.min(inFlight, open.length) }, worker));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return { ...this.#progress(), end: this.#end, journal: this.#journal.path, ...(this.#error && { error: this.#error }) };
  }

  /** False when no more runs are to begin. */
  async #answer(question: Question): Promise<boolean> {
    const { solver, seed = 0, signal } = this.#options;
    for (let attempt = this.#nextAttempt(question, 0); attempt !== undefined; attempt = this.#nextAttempt(question, attempt + 1)) {
      if (!this.#mayBegin()) return false;
      const solverOfTry = typeof solver === "function" ? solver(attempt) : solver;
      const trajectory = await solverOfTry.solve(question, { seed: seed + attempt, attempt, ...(signal && { signal }) }).result;
      this.#runs += 1;
      addSpent(this.#spent, trajectory.usage);
      this.#countFailure(trajectory);
      this.#cutOff += isFinished(trajectory) && wasCutOff(trajectory) ? 1 : 0;
      // A run that was stopped in its first turn leaves nothing to keep.
      if (trajectory.outcome.type === "aborted" && trajectory.usage.outputTokens === 0) return false;
      await this.#record(trajectory, question);
    }
    return true;
  }

  async #record(trajectory: Trajectory, question: Question): Promise<void> {
    if (!isFinished(trajectory)) return this.#append(trajectory, question);
    const { signal } = this.#options;
    const graded = await this.#graded(trajectory, question).catch(async (error: unknown) => {
      await this.#append(trajectory, question);
      this.#end = signal?.aborted ? "interrupted" : "failing";
      if (!signal?.aborted) throw error;
    });
    // The next call grades it.
    if (!graded) return;
    const wasRight = this.#isRight(question);
    await this.#append(graded, question);
    if (!wasRight && graded.grade?.correct) this.#right += 1;
    if (this.#nextAttempt(question, 0) === undefined) this.#finished += 1;
    this.#options.onProgress?.(this.#progress(), graded);
  }

  async #graded(trajectory: Trajectory, question: Question): Promise<Trajectory> {
    const { grader, signal } = this.#options;
    if (!grader || question.answer === undefined) return trajectory;
    const answer = trajectory.outcome.type === "answered" ? trajectory.outcome.answer : undefined;
    return { ...trajectory, grade: await grader.grade(answer, question, signal ? { signal } : {}) };
  }

  async #append(trajectory: Trajectory, question: Question): Promise<void> {
    await this.#journal.append(trajectory);
    const { grade } = trajectory;
    markDone(this.#done, question, trajectory.attempt, { finished: isFinished(trajectory), graded: grade !== undefined, right: grade?.correct === true });
    if (!isFinished(trajectory)) this.#options.onProgress?.(this.#progress(), trajectory);
  }

  /** The first try from `from` on that is to be made, undefined when there is none. */
  #nextAttempt(question: Question, from: number): number | undefined {
    const { attempts = 1, until = "right" } = this.#options;
    if (until === "right" && this.#isRight(question)) return undefined;
    const tries = this.#done.get(question.text);
    for (let attempt = from; attempt < attempts; attempt += 1) if (tries?.get(attempt)?.finished !== true) return attempt;
    return undefined;
  }

  #hasFailed({ text }: Question): boolean {
    return [...(this.#done.get(text)?.values() ?? [])].some(({ finished }) => !finished);
  }

  #isRight({ text }: Question): boolean {
    return [...(this.#done.get(text)?.values() ?? [])].some(({ right }) => right);
  }

  #mayBegin(): boolean {
    const { budget = {}, signal } = this.#options;
    const { tokens = Infinity, dollars = Infinity, ms = Infinity } = budget;
    if (signal?.aborted) this.#end = "interrupted";
    else if (this.#end === "done" && (this.#spent.tokens >= tokens || this.#spent.dollars >= dollars || performance.now() - this.#start >= ms)) this.#end = "budget";
    return this.#end === "done";
  }

  #countFailure({ outcome }: Trajectory): void {
    if (outcome.type === "aborted") {
      this.#end = "interrupted";
    } else if (outcome.type === "error") {
      this.#errors += 1;
      if (ofTheQuestion.includes(outcome.code)) return;
      this.#failuresInARow += 1;
      if (this.#failuresInARow < MAX_FAILURES || this.#end !== "done") return;
      this.#end = "failing";
      this.#error = { code: outcome.code, message: outcome.message };
    } else {
      this.#failuresInARow = 0;
    }
  }

  #progress(): Progress {
    return {
      questions: this.#questions.length,
      finished: this.#finished,
      right: this.#right,
      runs: this.#runs,
      errors: this.#errors,
      cutOff: this.#cutOff,
      spent: { ...this.#spent },
      ms: performance.now() - this.#start,
    };
  }
}

function isFinished({ outcome }: Trajectory): boolean {
  return outcome.type !== "error" && outcome.type !== "aborted";
}
