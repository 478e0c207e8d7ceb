/** The two functions through which Python speaks to the host: output, and requests that wait for a reply. */

import { receiveMessageOnPort } from "node:worker_threads";
import type { Booted } from "./boot.ts";
import { counter, type FromWorker, type WorkerData } from "./protocol.ts";

/** Connects Python's `_write` and `_host`. Call what it returns before each action. */
export function connect(
  { native, pyodide }: Booted,
  { shared, replies }: WorkerData,
  send: (message: FromWorker) => void,
): () => void {
  let finalSent = false;

  const write = (bytes: Uint8Array): number => {
    const { counters, output } = shared;
    const start = counters[counter.outputLength] ?? 0;
    const kept = bytes.subarray(0, output.length - start);
    output.set(kept, start);
    counters[counter.outputLength] = start + kept.length;
    counters[counter.outputDropped] = (counters[counter.outputDropped] ?? 0) + bytes.length - kept.length;
    return bytes.length;
  };

  const request = (text: string): string => {
    if (isFinal(text)) {
      // Only the first answer of an action counts.
      if (!finalSent) send({ type: "final", request: text });
      finalSent = true;
      return "{}";
    }
    const seen = Atomics.load(shared.counters, counter.replies);
    send({ type: "tool", request: text });
    Atomics.wait(shared.counters, counter.replies, seen);
    const reply = receiveMessageOnPort(replies) as { message: string } | undefined;
    return reply?.message ?? failure("the host gave no reply");
  };

  native.define("_write", (object) => {
    const bytes = native.bytes(object);
    if (!bytes) return native.typeError("bytes are needed");
    write(bytes);
    return native.none();
  });
  native.define("_host", (object) => {
    const text = native.text(object);
    return text === undefined ? native.typeError("a string is needed, of 4 MB at most") : native.newText(request(text));
  });
  // What C code or os.write() prints goes the same way.
  pyodide.setStdout({ write });
  pyodide.setStderr({ write });
  pyodide.setInterruptBuffer(shared.interrupt);
  return () => {
    finalSent = false;
  };
}

function isFinal(text: string): boolean {
  return text.startsWith('{"op": "final"');
}

function failure(message: string): string {
  return JSON.stringify({ ok: false, message });
}
