/** What the host takes from a sealed process. */

import { z } from "zod";
import type { FromProcess } from "./process-messages.ts";

const bytes = z.instanceof(Uint8Array);
const size = z.int().nonnegative();
const heapBytes = size;
const message = z.string();
const request = z.string().max(8_000_000);

const heap = z.looseObject({ size, pages: z.instanceof(Uint32Array), bytes });
/** As deep as the host looks into a state; only interpreters read the rest. */
const state = z.looseObject({
  heap,
  files: z.looseObject({ nodes: z.array(z.looseObject({ data: bytes.optional() })) }),
  entropy: z.looseObject({}),
});

const fromProcess = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), start: z.looseObject({ base: bytes.optional(), changed: heap }).optional() }),
  z.object({ type: z.literal("snapshot"), bytes }),
  z.object({ type: z.literal("done"), result: z.string(), heapBytes }),
  z.object({ type: z.literal("restored"), heapBytes }),
  z.object({ type: z.literal("captured"), state, heapBytes }),
  z.object({ type: z.literal("trapped"), reason: z.enum(["stack", "memory"]), message }),
  z.object({ type: z.literal("fatal"), reason: z.enum(["memory", "denied", "crash", "terminated"]), message }),
  z.object({ type: z.literal("tool"), request }),
  z.object({ type: z.literal("final"), request }),
  z.object({ type: z.literal("output"), bytes, droppedBytes: size }),
]);

/** Throws for anything else: the process may be in hostile hands. */
export function parseFromProcess(value: unknown): FromProcess {
  return fromProcess.parse(value) as FromProcess;
}

