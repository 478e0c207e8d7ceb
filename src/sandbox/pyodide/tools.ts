/** The host's side of tool calls: checks what Python asks, calls the function, and keeps the record. */

import { messageOf } from "../../errors.ts";
import { unlessAborted } from "../../unless-aborted.ts";
import type { DeferredCall, HostFunction, Json, ToolCall } from "../types.ts";
import { asObject, parseJson } from "./json.ts";
import { maxMessageChars } from "./protocol.ts";

/** One call may take this long. */
const callMs = 120_000;

type Outcome = ToolCall["result"];

export interface CallMode {
  /** Absent: every call is made. */
  readonly reads?: SharedReads | undefined;
  /** `deferred`: the action stops at its first call of a `write` function. Default: `live`. */
  readonly writes?: "live" | "deferred";
  /** Ends calls that are shared: of the session, not of the candidate that asked first. */
  readonly ending: AbortSignal;
}

const deferral = JSON.stringify({ ok: false, deferred: true, message: "it runs when this action is chosen" });

/** Answers that candidates of one step share: those to the n-th call with the same name and arguments. */
export type SharedReads = Map<string, Promise<Outcome>>;

export class ToolCalls {
  readonly calls: ToolCall[] = [];
  /** The call of a `write` function at which a candidate stopped. */
  deferred: DeferredCall | undefined;
  /** The code asked for more calls than it may make. */
  limitExceeded = false;
  readonly #functions: ReadonlyMap<string, HostFunction>;
  readonly #limit: number;
  readonly #reads: SharedReads | undefined;
  readonly #writes: "live" | "deferred";
  readonly #ending: AbortSignal;
  readonly #abort = new AbortController();
  readonly #repeats = new Map<string, number>();
  #count = 0;

  constructor(functions: readonly HostFunction[], limit: number, { reads, writes = "live", ending }: CallMode) {
    this.#functions = new Map(functions.map((each) => [each.name, each]));
    this.#limit = limit;
    this.#reads = reads;
    this.#writes = writes;
    this.#ending = ending;
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
    if (this.deferred) return deferral;
    if (this.#count >= this.#limit) {
      this.limitExceeded = true;
      return reply({ ok: false, limit: true, message: `an action may call tools ${this.#limit} times` });
    }
    this.#count++;
    const complete = completeArgs(called, given);
    if (called.effect !== "read" && this.#writes === "deferred" && typeof complete !== "string") {
      this.deferred = { name: called.name, args: complete };
      return deferral;
    }
    const started = performance.now();
    let result = typeof complete === "string" ? failed(complete) : await this.#answered(called, complete);
    let text = reply(result);
    if (text.length > maxMessageChars) {
      result = failed(`the result of ${called.name} is too large`);
      text = reply(result);
    }
    const recorded = typeof complete === "string" ? given : complete;
    this.calls.push({ name: called.name, args: recorded, result, ms: performance.now() - started });
    return text;
  }

  async #answered(called: HostFunction, args: { readonly [name: string]: Json }): Promise<Outcome> {
    if (!this.#reads || called.effect !== "read") return this.#call(called, args);
    const call = JSON.stringify([called.name, args]);
    const repeat = this.#repeats.get(call) ?? 0;
    this.#repeats.set(call, repeat + 1);
    const key = `${repeat} ${call}`;
    // The candidate that asked first may be stopped; its call goes on for the others.
    const known = this.#reads.get(key) ?? callFunction(called, args, AbortSignal.any([this.#ending, AbortSignal.timeout(callMs)]));
    this.#reads.set(key, known);
    return unlessAborted(known, this.#abort.signal).catch((error: unknown) => failed(messageOf(error)));
  }

  async #call(called: HostFunction, args: { readonly [name: string]: Json }): Promise<Outcome> {
    return callFunction(called, args, AbortSignal.any([this.#abort.signal, AbortSignal.timeout(callMs)]));
  }
}

async function callFunction(called: HostFunction, args: { readonly [name: string]: Json }, signal: AbortSignal): Promise<Outcome> {
  try {
    // The function may not heed the signal.
    const value = await unlessAborted(called.call(args, signal), signal);
    // As Python will see it; undefined becomes None.
    return { ok: true, value: JSON.parse(JSON.stringify(value ?? null)) as Json };
  } catch (error) {
    const late = signal.aborted && (signal.reason as Error | undefined)?.name === "TimeoutError";
    return failed(late ? `${called.name} did not answer within ${callMs / 1000} s` : messageOf(error));
  }
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
