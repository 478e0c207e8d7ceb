import { ApprenticeError } from "../errors.ts";
import type { ChatModel } from "../model/types.ts";

export interface PaceOptions {
  /** Calls at once to begin with. Default: 4. */
  readonly start?: number;
  /** Calls at once at most. Default: 256. */
  readonly max?: number;
}

/** What came of a call. */
export type CallOutcome = { readonly type: "ok"; /** Absent when too few were written to tell. */ readonly msPerToken?: number } | { readonly type: "overload" } | { readonly type: "failed" };

/** How many calls a server takes at once, found by trying: the seam for another rule. */
export interface Pace {
  /** Calls at once that it now allows. */
  readonly limit: number;
  /** Resolves when one more call may begin. */
  enter(signal?: AbortSignal): Promise<void>;
  /** Each call that entered leaves once. */
  leave(outcome: CallOutcome): void;
}

/** A token that takes so many times the best time seen counts as overload. */
const SLOW = 3;
/** Of shorter calls most of the time is the wait for the first token. */
const TELLING_TOKENS = 32;
/** Calls that are looked at together before they count as slow. */
const SETTLED = 5;
/** What a decrease leaves of the limit. */
const DECREASE = 0.5;

/**
 * Additive increase, multiplicative decrease: one more call at once for each round of calls that went well while the limit
 * was in use; half as many when the server says 429, fails, or takes three times as long for a token as it did at best.
 */
export function aimd({ start = 4, max = 256 }: PaceOptions = {}): Pace {
  let limit = Math.min(start, max);
  let running = 0;
  let unjudged = 0;
  let best = Number.POSITIVE_INFINITY;
  let smoothed: number | undefined;
  let looked = 0;
  const waiting: (() => void)[] = [];

  const admit = () => {
    while (running < Math.floor(limit) && waiting.length > 0) {
      running += 1;
      waiting.shift()?.();
    }
  };
  const decrease = () => {
    limit = Math.max(1, limit * DECREASE);
    // Calls that began before tell nothing of the new limit.
    unjudged = running;
    [smoothed, looked] = [undefined, 0];
  };

  return {
    get limit() {
      return Math.floor(limit);
    },
    async enter(signal) {
      signal?.throwIfAborted();
      if (running < Math.floor(limit)) {
        running += 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const abandon = () => {
          waiting.splice(waiting.indexOf(admitted), 1);
          reject(signal?.reason);
        };
        const admitted = () => {
          signal?.removeEventListener("abort", abandon);
          resolve();
        };
        waiting.push(admitted);
        signal?.addEventListener("abort", abandon, { once: true });
      });
    },
    leave(outcome) {
      const inUse = running >= Math.floor(limit);
      running -= 1;
      if (unjudged > 0) unjudged -= 1;
      else if (outcome.type === "overload") decrease();
      else if (outcome.type === "ok") {
        if (outcome.msPerToken !== undefined) {
          smoothed = smoothed === undefined ? outcome.msPerToken : 0.8 * smoothed + 0.2 * outcome.msPerToken;
          looked += 1;
          best = Math.min(best, smoothed);
        }
        if (smoothed !== undefined && looked >= SETTLED && smoothed > SLOW * best && limit > 1) decrease();
        else if (inUse) limit = Math.min(max, limit + 1 / limit);
      }
      admit();
    },
  };
}

/** A model whose calls keep to a pace. A call refused for overload is not repeated here: adapters of servers do that. */
export function paced(model: ChatModel, pace: Pace): ChatModel {
  return {
    id: model.id,
    can: model.can,
    ...(model.dispose && { dispose: () => model.dispose?.() ?? Promise.resolve() }),
    async *generate(request) {
      await pace.enter(request.signal);
      const start = performance.now();
      let tokens = 0;
      let outcome: CallOutcome = { type: "failed" };
      try {
        for await (const event of model.generate(request)) {
          if (event.type === "done") tokens += event.usage.outputTokens;
          yield event;
        }
        outcome = { type: "ok", ...(tokens >= TELLING_TOKENS && { msPerToken: (performance.now() - start) / tokens }) };
      } catch (error) {
        if (isOverload(error)) outcome = { type: "overload" };
        throw error;
      } finally {
        pace.leave(outcome);
      }
    },
  };
}

function isOverload(error: unknown): boolean {
  return error instanceof ApprenticeError && (error.code === "rate_limited" || error.code === "server_failed");
}
