/** What the host and the worker say to each other. Everything is structured-cloned plain data. */

import type { MessagePort } from "node:worker_threads";
import type { HostFunction } from "../types.ts";

/** A wheel's file name and bytes. */
export interface Wheel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Modules to import before the first action. */
  readonly imports: readonly string[];
  /** Modules that are WASM libraries. A wheel with any is unpacked and linked at every boot: no snapshot. */
  readonly extensions: readonly string[];
}

/** What a worker is born with; `WorkerData` follows as its first message. */
export interface WorkerStart {
  /** With a trailing separator. */
  readonly pyodideFolder: string;
}

/** What a worker starts from. */
export interface WorkerData {
  /** With a trailing separator. */
  readonly pyodideFolder: string;
  readonly wasm: WebAssembly.Module;
  readonly wheels: readonly Wheel[];
  /** Absent: boot from nothing. */
  readonly snapshot?: Uint8Array;
  /** `snapshot`: boot from nothing, send the memory, and end. */
  readonly purpose: "session" | "snapshot";
  readonly memoryBytes: number;
  readonly shared: SharedState;
  /** Replies of tool calls come here, read without an event loop. */
  readonly replies: MessagePort;
}

/** Memory that both sides see while Python runs and the worker's event loop stands still. */
export interface SharedState {
  /** One byte: 2 makes Python raise KeyboardInterrupt. */
  readonly interrupt: Uint8Array;
  /** `replyCount` counts tool replies; the worker sleeps on it. `outputLength` and `outputDropped` are bytes. */
  readonly counters: Int32Array;
  /** Output of the present action. */
  readonly output: Uint8Array;
}

/** Indices into `SharedState.counters`. */
export const counter = { replies: 0, outputLength: 1, outputDropped: 2 } as const;

export type FunctionSpec = Pick<HostFunction, "name" | "parameters" | "returns" | "docstring">;

export type ToWorker =
  | { readonly type: "configure"; readonly functions: readonly FunctionSpec[]; readonly seed: number }
  | { readonly type: "run"; readonly source: string }
  | { readonly type: "check"; readonly source: string };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "snapshot"; readonly bytes: Uint8Array }
  /** JSON text that Python made: not to be trusted. */
  | { readonly type: "done"; readonly result: string }
  /** The interpreter is beyond use. */
  | { readonly type: "fatal"; readonly reason: FatalReason; readonly message: string }
  /** JSON text that Python made: not to be trusted. Python waits for the reply. */
  | { readonly type: "tool"; readonly request: string }
  | { readonly type: "final"; readonly request: string };

export type FatalReason = "stack" | "memory" | "denied" | "crash";

/** Length of a result, of a tool request and of its reply. */
export const maxMessageChars = 4_000_000;
