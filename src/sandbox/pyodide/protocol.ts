/** What the host and an interpreter say to each other, on every tier. Everything is plain data and bytes. */

import type { HostFunction } from "../types.ts";
import type { StartMemory } from "./heap.ts";
import type { MachineState, Target } from "./machine.ts";

/** A wheel's file name and bytes. */
export interface Wheel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Modules to import before the first action. */
  readonly imports: readonly string[];
  /** Modules that are WASM libraries. A wheel with any is unpacked and linked at every boot: no snapshot. */
  readonly extensions: readonly string[];
}

/** What an interpreter starts from. */
export interface BootData {
  readonly wheels: readonly Wheel[];
  /** Absent: boot from nothing. */
  readonly snapshot?: Uint8Array;
  /** `snapshot`: boot from nothing, send the memory, and end. */
  readonly purpose: "session" | "snapshot";
  /** Memory of an interpreter that is ready; absent for the first of a process, which sends its own. */
  readonly start?: StartMemory;
}

export type FunctionSpec = Pick<HostFunction, "name" | "parameters" | "returns" | "docstring">;

/** Requests get one reply each; a tool reply gets none. */
export type Request =
  | { readonly type: "configure"; readonly functions: readonly FunctionSpec[]; readonly seed: number }
  | RunRequest
  | { readonly type: "check"; readonly source: string }
  | { readonly type: "restore"; readonly target: Target }
  | { readonly type: "capture" }
  /** Both, in this order: capture, restore. */
  | { readonly type: "swap"; readonly target: Target };

export interface RunRequest {
  readonly type: "run";
  readonly source: string;
  readonly memoryBytes: number;
  /** Bytes kept of what it prints. */
  readonly outputBytes: number;
  /** When Python's clocks shall say it begins, in milliseconds since 1970. Default: now. */
  readonly startedAt?: number;
}

export type ToolReply = { readonly type: "tool_reply"; readonly message: string };

export type Reply =
  /** JSON text that Python made: not to be trusted. */
  | { readonly type: "done"; readonly result: string; readonly heapBytes: number }
  | { readonly type: "restored"; readonly heapBytes: number }
  | { readonly type: "captured"; readonly state: MachineState; readonly heapBytes: number }
  /** Python's state is spoiled; a restored one works again. */
  | { readonly type: "trapped"; readonly reason: "stack" | "memory"; readonly message: string }
  /** The interpreter is beyond use. */
  | { readonly type: "fatal"; readonly reason: "memory" | "denied" | "crash" | "terminated"; readonly message: string };

/** The answer to `BootData`, by purpose. `start` is absent where it was given. */
export type BootReply =
  | { readonly type: "ready"; readonly start?: StartMemory }
  | { readonly type: "snapshot"; readonly bytes: Uint8Array };

export type FromInterpreter =
  | BootReply
  | Reply
  /** JSON text that Python made: not to be trusted. Python waits for the reply. */
  | { readonly type: "tool"; readonly request: string }
  | { readonly type: "final"; readonly request: string };

/** Length of a result, of a tool request and of its reply. */
export const maxMessageChars = 4_000_000;
