/** The host's side of tool calls: checks what Python asks, calls the function, and keeps the record. */

import { messageOf } from "../../errors.ts";
import type { HostFunction, Json, ToolCall } from "../types.ts";
import { asObject, parseJson } from "./json.ts";
import { maxMessageChars } from "./protocol.ts";

/** One call may take this long. */
const callMs = 120_000;

type Outcome = ToolCall["result"];

export class ToolCalls {
  readonly calls: ToolCall[] = [];
  /** The code asked for more calls than it may make. */
  limitExceeded = false;
  readonly #functions: ReadonlyMap<string, HostFunction>;
  readonly #limit: number;
  readonly #abort = new AbortController();
  #count = 0;

  constructor(functions: readonly HostFunction[], limit: number) {
    this.#functions = new Map(functions.map((each) => [each.name, each]));
    this.#limit = limit;
  }

  /** Ends the call under way, and every later one at once. */
  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** The reply for Python, as JSON text. Never rejects. */
  async answer(request: string): Promise<string> {
    const { op, name, args } = asObject(parseJson(request)) ?? {};
    const given = asObject(args);
    const called = typeof name === "string" ? this.#functions.get(name) : undefined;
    if (op !== "tool" || !called || !given) return reply({ ok: false, message: "there is no such tool" });
    if (this.#count >= this.#limit) {
      this.limitExceeded = true;
      return reply({ ok: false, limit: true, message: `an action may call tools ${this.#limit} times` });
    }
    this.#count++;
    const complete = completeArgs(called, given);
    const started = performance.now();
    let result = typeof complete === "string" ? failed(complete) : await this.#call(called, complete);
    let text = reply(result);
    if (text.length > maxMessageChars) {
      result = failed(`the result of ${called.name} is too large`);
      text = reply(result);
    }
    const recorded = typeof complete === "string" ? given : complete;
    this.calls.push({ name: called.name, args: recorded, result, ms: performance.now() - started });
    return text;
  }

  async #call(called: HostFunction, args: { readonly [name: string]: Json }): Promise<Outcome> {
    const timeout = AbortSignal.timeout(callMs);
    const signal = AbortSignal.any([this.#abort.signal, timeout]);
    try {
      // The function may not heed the signal.
      const value = await Promise.race([called.call(args, signal), rejection(signal)]);
      // As Python will see it; undefined becomes None.
      return { ok: true, value: JSON.parse(JSON.stringify(value ?? null)) as Json };
    } catch (error) {
      return failed(timeout.aborted ? `${called.name} did not answer within ${callMs / 1000} s` : messageOf(error));
    }
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

/** The arguments with defaults filled in, or what is wrong with them. Python has checked; hostile code may not have. */
function completeArgs(called: HostFunction, given: { readonly [name: string]: Json }): { readonly [name: string]: Json } | string {
  const complete: [string, Json][] = [];
  for (const { name, default: fallback } of called.parameters) {
    const value = Object.hasOwn(given, name) ? given[name] : fallback;
    if (value === undefined) return `${called.name}: "${name}" is missing`;
    complete.push([name, value]);
  }
  const unknown = Object.keys(given).find((name) => called.parameters.every((parameter) => parameter.name !== name));
  return unknown === undefined ? Object.fromEntries(complete) : `${called.name}: there is no parameter "${unknown}"`;
}

function failed(message: string): Outcome {
  return { ok: false, message };
}

function reply(value: Outcome | { ok: false; limit: true; message: string }): string {
  return JSON.stringify(value);
}
