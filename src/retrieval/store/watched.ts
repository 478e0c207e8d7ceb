import type { Progress, SearchCalls } from "../search/worker-calls.ts";
import { Thread } from "../threads/thread.ts";

const POLL_MS = 500;

export function sharedProgress(): Progress {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Tells the thread that counts there to stop. */
export function stop(counter: Progress): void {
  Atomics.store(counter, 1, 1);
}

/** Reports while threads work, and tells them when to stop. */
export async function watched<T>(counters: readonly Progress[], signal: AbortSignal | undefined, report: () => void, work: () => Promise<T>): Promise<T> {
  const stopAll = () => counters.forEach(stop);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stopAll);
  const timer = setInterval(report, POLL_MS);
  try {
    const result = await work();
    report();
    return result;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", stopAll);
  }
}

export async function inThread<T>(work: (thread: Thread<SearchCalls>) => Promise<T>): Promise<T> {
  const thread = new Thread<SearchCalls>("search-worker");
  try {
    return await work(thread);
  } finally {
    await thread.close();
  }
}
