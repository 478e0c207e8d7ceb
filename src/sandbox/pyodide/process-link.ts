/** The sealed process's end of its line to the host. */

import { readSync, writeSync } from "node:fs";
import { channelFd, type FromProcess, interruptFd, type ToProcess } from "./process-messages.ts";
import type { Request, ToolReply } from "./protocol.ts";
import type { HostLink } from "./transport.ts";
import { encodeFrame, readFrame } from "./wire.ts";

/** Python asks for interrupts many times a millisecond; the host is asked each time this many are over. */
const asksPerLook = 32;

export class ProcessLink implements HostLink {
  readonly interrupts = this.#interruptBuffer();
  /** Runs so far. */
  #runs = 0;
  /** The run that is going on, as it counts. */
  #running: number | undefined;
  #outputLeft = 0;
  #dropped = 0;
  /** As far as the host knows. */
  #droppedSaid = 0;

  receive(): Request | ToolReply {
    return receive() as Request | ToolReply;
  }

  send(message: FromProcess): void {
    if (message.type !== "tool" && message.type !== "final") this.#endRun();
    send(message);
  }

  begin({ outputBytes }: { readonly outputBytes: number }): void {
    this.#runs += 1;
    this.#running = this.#runs;
    this.#outputLeft = outputBytes;
    this.#dropped = this.#droppedSaid = 0;
  }

  print(bytes: Uint8Array): number {
    const kept = bytes.subarray(0, this.#outputLeft);
    this.#outputLeft -= kept.length;
    this.#dropped += bytes.length - kept.length;
    // It may be killed before it can say more.
    if (kept.length > 0 || this.#dropped > 2 * this.#droppedSaid) this.#sendOutput(kept);
    return bytes.length;
  }

  #endRun(): void {
    this.#running = undefined;
    if (this.#dropped > this.#droppedSaid) this.#sendOutput(new Uint8Array());
  }

  #sendOutput(bytes: Uint8Array): void {
    this.#droppedSaid = this.#dropped;
    send({ type: "output", bytes, droppedBytes: this.#dropped });
  }

  /** An array of one element that is looked up where the host writes it. */
  #interruptBuffer(): HostLink["interrupts"] {
    const cell = Buffer.alloc(4);
    const isDue = (): boolean => {
      if (this.#running === undefined) return false;
      asks = (asks + 1) % asksPerLook;
      if (asks > 0) return false;
      endIfOrphan();
      readSync(interruptFd, cell, 0, cell.length, 0);
      if (cell.readUInt32LE(0) !== this.#running) return false;
      this.#running = undefined;
      return true;
    };
    let asks = 0;
    return {
      get 0() {
        return isDue() ? 2 : 0;
      },
      // Python clears it once it has seen it.
      set 0(_value) {},
    };
  }
}

/** The first message of the host. */
export function receiveBoot(): Extract<ToProcess, { type: "boot" }>["data"] {
  return (receive() as Extract<ToProcess, { type: "boot" }>).data;
}

function receive(): unknown {
  const frame = readFrame();
  let step = frame.next();
  for (; !step.done; step = frame.next()) {
    for (let filled = 0; filled < step.value.length; ) {
      const count = readSync(channelFd, step.value, filled, step.value.length - filled, null);
      // The host has hung up.
      if (count === 0) process.exit(0);
      filled += count;
    }
  }
  return step.value;
}

/** Pieces of a frame that are smaller than this in all go in one write. */
const smallBytes = 65_536;

function send(message: FromProcess): void {
  const pieces = encodeFrame(message);
  const small = pieces.reduce((sum, { length }) => sum + length, 0) < smallBytes;
  for (const piece of small ? [Buffer.concat(pieces)] : pieces) {
    for (let written = 0; written < piece.length; ) written += writeSync(channelFd, piece, written);
  }
}

const parent = process.ppid;

/** Nobody else would end a loop whose host was killed. */
function endIfOrphan(): void {
  if (process.ppid !== parent) process.exit(0);
}
