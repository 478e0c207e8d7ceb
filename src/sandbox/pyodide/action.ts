/** Runs one source in an interpreter, within its limits. */

import type { ActionError, Attempt, FinalAnswer, HostFunction, Limits } from "../types.ts";
import { Clock } from "./clock.ts";
import type { Interpreter, Reply } from "./interpreter.ts";
import { parseFinal, parseResult } from "./result.ts";
import { ToolCalls } from "./tools.ts";

export interface ActionOptions {
  readonly limits: Limits;
  readonly functions: readonly HostFunction[];
  readonly signal?: AbortSignal | undefined;
}

/** Python has this long to heed an interrupt before its worker is ended. */
const graceMs = 300;

/** Never rejects. Afterwards the interpreter may be dead: then `error.stateLost` is true. */
export async function runAction(interpreter: Interpreter, source: string, index: number, options: ActionOptions): Promise<Attempt> {
  const { limits, functions, signal } = options;
  const started = performance.now();
  const tools = new ToolCalls(functions, limits.toolCalls);
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
  const reply = await interpreter.call(
    { type: "run", source },
    {
      final: (request) => {
        finalAnswer ??= parseFinal(request);
      },
      tool: (request) => {
        clock.pause();
        void tools.answer(request).then((answer) => {
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
  if (reply.type === "done" && !result) await interpreter.terminate();
  const error = timedOut
    ? limitError("TimeLimitError", `The code ran longer than ${limits.timeMs / 1000} s and was stopped.`, interpreter)
    : tools.limitExceeded
      ? limitError("ToolCallLimitError", `An action may call tools ${limits.toolCalls} times.`, interpreter)
      : (fatalError(reply, limits, interpreter) ?? resultError(result, limits, interpreter));
  return {
    index,
    source,
    stdout: outputOf(interpreter),
    ...(result?.value !== undefined && !error && { value: result.value }),
    ...(error && { error }),
    ...(finalAnswer && { finalAnswer }),
    toolCalls: tools.calls,
    ms: performance.now() - started,
  };
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

function limitError(name: string, message: string, { alive }: Interpreter): ActionError {
  return { kind: "limit", name, message: alive ? message : `${message} ${lostNote}`, stateLost: !alive };
}

const lostNote = "Python was started anew: all variables are gone.";

function memoryError(limits: Limits, interpreter: Interpreter): ActionError {
  return limitError("MemoryLimitError", `The code needed more than ${Math.floor(limits.memoryBytes / 2 ** 20)} MiB of memory.`, interpreter);
}

function resultError(result: ReturnType<typeof parseResult>, limits: Limits, interpreter: Interpreter): ActionError | undefined {
  if (!result) {
    return { kind: "exception", name: "SystemError", message: `The interpreter was damaged. ${lostNote}`, stateLost: true };
  }
  if (result.error?.name === "MemoryError") {
    const { line } = result.error;
    return { ...memoryError(limits, interpreter), ...(line !== undefined && { line }) };
  }
  return result.error && { ...result.error, stateLost: false };
}

function fatalError(reply: Reply, limits: Limits, interpreter: Interpreter): ActionError | undefined {
  if (reply.type === "done") return undefined;
  if (reply.reason === "memory") return memoryError(limits, interpreter);
  const [name, message] = {
    stack: ["RecursionError", "The call stack overflowed."],
    denied: ["PermissionError", "This operation is not available in the sandbox."],
    crash: ["SystemError", "The interpreter crashed."],
    terminated: ["SystemError", "The interpreter was stopped."],
  }[reply.reason] as [string, string];
  return { kind: "exception", name, message: `${message} ${lostNote}`, stateLost: true };
}
