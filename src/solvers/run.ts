import type { Trajectory } from "../trajectory/schema.ts";
import type { Run, RunEvent } from "./types.ts";

/** Starts a generator of events at once and lets any number of readers follow it. */
export function startRun(events: AsyncGenerator<RunEvent, Trajectory>): Run {
  const seen: RunEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let ended = false;

  const pump = async (): Promise<Trajectory> => {
    try {
      for (;;) {
        const next = await events.next();
        if (next.done) return next.value;
        seen.push(next.value);
        wake.resolve();
        wake = Promise.withResolvers<void>();
      }
    } finally {
      ended = true;
      wake.resolve();
    }
  };
  const result = pump();
  // A reader of the events alone must not meet an unhandled rejection; the iterator below rethrows it.
  result.catch(() => undefined);

  return {
    result,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; ) {
        const event = seen[at];
        if (event) {
          at += 1;
          yield event;
        } else if (ended) {
          await result;
          return;
        } else {
          await wake.promise;
        }
      }
    },
  };
}
