/** What goes over the line between the host and a sealed process. */

import type { BootData, FromInterpreter, Request, ToolReply } from "./protocol.ts";

/** File descriptors of the process: frames in both directions, and a file that holds the number of the run to interrupt. */
export const channelFd = 3;
export const interruptFd = 4;

export type ToProcess =
  | { readonly type: "boot"; readonly data: BootData }
  | Request
  | ToolReply;

export type FromProcess =
  | FromInterpreter
  /** Printed just now; and all that was dropped in this action so far, or almost all. */
  | { readonly type: "output"; readonly bytes: Uint8Array; readonly droppedBytes: number };
