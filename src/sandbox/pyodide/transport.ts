/**
 * The seam between the isolation tiers. Everything above it (interpreter, pool, session) is the same on every tier, and
 * so is everything below it inside (serve.ts, boot.ts). Another tier, a remote container say, is one `Tier` here and one
 * `HostLink` where Python runs.
 */

import type { Image } from "./image.ts";
import type { BootData, FromInterpreter, Reply, Request, RunRequest, ToolReply } from "./protocol.ts";

/** A way to have interpreters. */
export interface Tier<Name extends string = string> {
  /** What `sandbox.tier` says. */
  readonly name: Name;
  /** Starts an interpreter, which then waits for `boot`. */
  start(host: HostEvents): Transport;
}

/** What the transport tells of. */
export interface HostEvents {
  /** In the order in which the interpreter said it. */
  message(message: FromInterpreter): void;
  /** The interpreter is gone, or is to be treated as if. May be said again. */
  ended(reason: Extract<Reply, { type: "fatal" }>["reason"], message: string): void;
}

/** The host's line to one interpreter. */
export interface Transport {
  boot(image: Image, purpose: Pick<BootData, "purpose" | "start">): void;
  /** One request at a time; while it runs, replies to its tool calls. */
  send(message: Request | ToolReply): void;
  /** Raises KeyboardInterrupt in the action that runs, soon, unless that is in a long call of C code. */
  interrupt(): void;
  /** What the last action printed so far, also when the interpreter is gone. */
  output(): { readonly bytes: Uint8Array; readonly droppedBytes: number };
  /** Whether the interpreter keeps the host's process alive. It does at first. */
  keepAlive(wanted: boolean): void;
  /** Ends the interpreter at once, whatever it does. */
  end(): Promise<void>;
}

/** The same line, seen from inside. Nothing here may need an event loop once Python runs. */
export interface HostLink {
  /** Waits for what the host says next. */
  receive(): Request | ToolReply;
  send(message: FromInterpreter): void;
  /** An action begins: what it prints is kept up to its `outputBytes`. */
  begin(request: RunRequest): void;
  /** Takes what Python prints. Gives the number of bytes taken, which is all of them. */
  print(bytes: Uint8Array): number;
  /** Pyodide reads element 0 between instructions, and sets it to 0: 2 is an interrupt. */
  readonly interrupts: { [index: number]: number };
}
