/** Runs one source in an interpreter, within its limits. */

import type { ActionError, Attempt, FinalAnswer, HostFunction, Limits } from "../types.ts";
import { Clock } from "./clock.ts";
import type { Interpreter } from "./interpreter.ts";
import { parseFinal, parseResult } from "./result.ts";
import type { Reply } from "./protocol.ts";
import { type CallMode, ToolCalls } from "./tools.ts";

export interface ActionOptions extends CallMode {
  readonly limits: Limits;
  readonly functions: readonly HostFunction[];
  readonly signal?: AbortSignal | undefined;
  /** When Python's clocks shall say it begins, in milliseconds since 1970. Default: now. */
  readonly startedAt?: number;
  /** The state before the action is kept somewhere. */
  readonly recoverable: boolean;
  /** Told when Python begins to wait for a function of the host, and when it goes on. */
  readonly onWaiting: (now: boolean) => void;
}

export interface Ran {
  readonly attempt: Attempt;
  /** The interpreter holds the state after the action; else the action left nothing behind. */
  readonly intact: boolean;
}

/** Python has this long to heed an interrupt before its interpreter is ended. */
const graceMs = 300;

/** Never rejects. Afterwards the interpreter may be dead. */
export async function runAction(interpreter: Interpreter, source: string, index: number, options: ActionOptions): Promise<Ran> {
  const { limits, functions, signal, startedAt } = options;
  const started = performance.now();
  const tools = new ToolCalls(functions, limits.toolCalls, options);
  let finalAnswer: FinalAnswer | undefined;
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;

  const stop = (): void => {
    interpreter.interrupt();
    grace ??= setTimeout(() => void interpreter.terminate(), graceMs);
  };
  const clock = new Clock(limits.timeMs, () => {
    timedOut = true;
    stop();
  });
  const onAbort = (): void => {
    tools.abort(signal?.reason);
    stop();
  };
  signal?.addEventListener("abort", onAbort, { once: true });

  clock.run();
  const { memoryBytes, outputBytes } = limits;
  const reply = await interpreter.ask(
    { type: "run", source, memoryBytes, outputBytes, ...(startedAt !== undefined && { startedAt }) },
    {
      final: (request) => {
        finalAnswer ??= parseFinal(request);
      },
      tool: (request) => {
        clock.pause();
        options.onWaiting(true);
        void tools.answer(request).then((answer) => {
          options.onWaiting(false);
          if (!interpreter.alive) return;
          clock.run();
          interpreter.replyToTool(answer);
        });
      },
    },
  );
  clock.pause();
  clearTimeout(grace);
  signal?.removeEventListener("abort", onAbort);
  tools.abort(new Error("The action has ended."));

  const result = reply.type === "done" ? parseResult(reply.result) : undefined;
  // What does not even speak the harness's language any more is not used again.
  if (reply.type === "done" && !result) await interpreter.terminate();
  const intact = result !== undefined && interpreter.alive;
  const failure = timedOut
    ? limit("TimeLimitError", `The code ran longer than ${limits.timeMs / 1000} s and was stopped.`)
    : tools.limitExceeded
      ? limit("ToolCallLimitError", `An action may call tools ${limits.toolCalls} times.`)
      : (damage(reply, limits) ?? pythonError(result, limits));
  const error = failure && (intact ? { ...failure, stateLost: false } : withLoss(failure, options.recoverable));
  const attempt: Attempt = {
    index,
    source,
    stdout: outputOf(interpreter),
    ...(result?.value !== undefined && !error && { value: result.value }),
    ...(tools.deferred ? { deferred: tools.deferred } : error && { error }),
    ...(finalAnswer && { finalAnswer }),
    toolCalls: tools.calls,
    ms: performance.now() - started,
  };
  return { attempt, intact };
}

/** An attempt that did not run. */
export function refusedAttempt(source: string, index: number, name: string, message: string): Attempt {
  const error: ActionError = { kind: "limit", name, message, stateLost: false };
  return { index, source, stdout: "", error, toolCalls: [], ms: 0 };
}

function outputOf(interpreter: Interpreter): string {
  const { text, droppedBytes } = interpreter.output();
  return droppedBytes > 0 ? `${text}\n[output cut: ${droppedBytes} more bytes]\n` : text;
}

type Failure = Omit<ActionError, "stateLost">;

/** Says what became of the variables. */
function withLoss(failure: Failure, recoverable: boolean): ActionError {
  const note = recoverable ? "Variables are as they were before this action." : "Python was started anew: all variables are gone.";
  return { ...failure, message: `${failure.message} ${note}`, stateLost: !recoverable };
}

function limit(name: string, message: string): Failure {
  return { kind: "limit", name, message };
}

function memoryLimit({ memoryBytes }: Limits): Failure {
  return limit("MemoryLimitError", `The code needed more than ${Math.floor(memoryBytes / 2 ** 20)} MiB of memory.`);
}

/** What ended the action from outside Python. */
function damage(reply: Reply, limits: Limits): Failure | undefined {
  if (reply.type !== "trapped" && reply.type !== "fatal") return undefined;
  const exception = (name: string, message: string): Failure => ({ kind: "exception", name, message });
  switch (reply.reason) {
    case "memory":
      return memoryLimit(limits);
    case "stack":
      return exception("RecursionError", "The call stack overflowed.");
    case "denied":
      return exception("PermissionError", "This operation is not available in the sandbox.");
    case "crash":
      return exception("SystemError", "The interpreter crashed.");
    case "terminated":
      return exception("SystemError", "The interpreter was stopped.");
  }
}

function pythonError(result: ReturnType<typeof parseResult>, limits: Limits): Failure | undefined {
  if (!result) return { kind: "exception", name: "SystemError", message: "The interpreter was damaged." };
  if (result.error?.name !== "MemoryError") return result.error;
  const { line } = result.error;
  return { ...memoryLimit(limits), ...(line !== undefined && { line }) };
}
