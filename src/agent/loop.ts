import { ApprenticeError, messageOf } from "../errors.ts";
import type { Message } from "../model/types.ts";
import type { HostFunction, Limits, Sandbox } from "../sandbox/types.ts";
import { failure } from "../solvers/failure.ts";
import { metered } from "../solvers/meter.ts";
import { type FirstThoughts, giveFirstThought } from "../solvers/first-thought.ts";
import { beginRecord } from "../solvers/record.ts";
import type { Question, RunEvent, SolveOptions } from "../solvers/types.ts";
import type { Candidate, FirstThought, Outcome, Step, Trajectory } from "../trajectory/schema.ts";
import { type AnswerCheck, firstRefusal } from "./answer-check.ts";
import type { Dialect } from "./dialect.ts";
import { forcedAnswer } from "./forced-answer.ts";
import { renderObservation, renderParseError, renderRefusal } from "./observation.ts";
import { finishTurn } from "./parse.ts";
import { openingMessages, type Prompt } from "./prompt.ts";
import { seededRandom } from "../random.ts";
import { type StepContext, takeStep } from "./step.ts";

/** All that a run needs, with nothing left to default. */
export interface LoopConfig extends Omit<StepContext, "session" | "signal" | "question"> {
  readonly solverId: string;
  readonly sandbox: () => Promise<Sandbox>;
  readonly functions: readonly HostFunction[];
  readonly limits: Partial<Limits>;
  readonly prompt: Prompt;
  readonly maxSteps: number;
  readonly checks: readonly AnswerCheck[];
  readonly firstThought: FirstThoughts | undefined;
  readonly variants: readonly string[];
}

/**
 * The CodeAct loop (section 4): think, act, observe, until `final_answer` or the last step, then one forced answer.
 * Whatever goes wrong ends in the trajectory's outcome; nothing is thrown.
 */
export async function* agentLoop(
  config: LoopConfig,
  question: Question,
  options: SolveOptions,
): AsyncGenerator<RunEvent, Trajectory> {
  const { prompt, functions } = config;
  const signal = options.signal ?? new AbortController().signal;
  const messages = openingMessages(prompt, question.text, functions);
  const record = beginRecord(config, question, options, messages);
  yield { type: "run_start", question: record.question, solver: config.solverId, model: config.model.id };

  const meter = metered(config.model);
  const steps: Step[] = [];
  let firstThought: FirstThought | undefined;
  let outcome: Outcome;
  try {
    signal.throwIfAborted();
    const given = config.firstThought && (await giveFirstThought(config.firstThought, config.model, question, signal));
    firstThought = given?.record;
    outcome = yield* takeSteps({ ...config, model: meter.model }, question.text, record.seed, messages, steps, signal, given?.prefill);
  } catch (error) {
    outcome = steps.length > 0 && outgrewContext(error) ? { type: "no_answer", message: messageOf(error) } : failure(error, signal);
  }
  const trajectory = record.finish(steps, outcome, meter.usage(), firstThought);
  yield { type: "run_end", trajectory };
  return trajectory;
}

/** The same again would be the same, so that it is an end and no failure. A first turn without room is one: nothing was tried. */
function outgrewContext(error: unknown): boolean {
  return error instanceof ApprenticeError && error.code === "context_overflow";
}

async function* takeSteps(
  config: LoopConfig,
  question: string,
  seed: number,
  opening: readonly Message[],
  steps: Step[],
  signal: AbortSignal,
  firstThought: string | undefined,
): AsyncGenerator<RunEvent, Outcome> {
  const { dialect, maxSteps } = config;
  const random = seededRandom(seed);
  const messages = [...opening];
  // The interpreter starts while the model writes its first turn.
  const session = config.sandbox().then((sandbox) => sandbox.open({ functions: config.functions, limits: config.limits, seed }));
  session.catch(() => undefined);
  try {
    const context: StepContext = { ...config, question, session, signal };

    for (let index = 0; index < maxSteps; index += 1) {
      yield { type: "step_start", step: index, kind: "action" };
      const start = performance.now();
      const { candidates, vote, winner, usage } = yield* takeStep({ index, messages: [...messages], prefill: (index === 0 && firstThought) || "", random }, context);

      const answer = winner.attempt?.finalAnswer;
      const refused = answer && (await firstRefusal(config.checks, answer, question));
      const accepted = answer !== undefined && refused === undefined;
      const observation = accepted ? undefined : observe(winner, refused, dialect);
      const step: Step = {
        kind: "action",
        index,
        candidates,
        vote,
        ...(refused !== undefined && { refused }),
        ...(observation !== undefined && { observation }),
        usage,
        ms: performance.now() - start,
      };
      steps.push(step);
      yield { type: "step_end", step };
      if (accepted) {
        return { type: "answered", answer: answer.text, ...(answer.json !== undefined && { json: answer.json }), by: "final_answer" };
      }
      messages.push({ role: "assistant", content: finishTurn(winner.text, dialect) }, { role: "user", content: observation ?? "" });
    }
  } finally {
    await session.then((opened) => opened.dispose(), () => undefined);
  }
  return yield* forcedAnswer(config, question, messages, steps, signal);
}

function observe(winner: Candidate, refused: string | undefined, dialect: Dialect): string {
  if (!winner.action.ok) return renderParseError(winner.action.message, dialect);
  if (refused !== undefined) return renderRefusal(refused, dialect);
  if (!winner.attempt) throw new Error("A candidate with code was not tried.");
  return renderObservation(winner.attempt, winner.action.code, dialect);
}
