import { open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Job } from "./folder.ts";

const number = z.number();
const base = { attempt: number, time: number };
const event = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) => z.object({ type: z.literal(type), ...base, ...fields });

/** What a training run tells, one JSON line each. `time` is in seconds since 1970; `loss` the mean of -ln p over trained tokens. */
const eventSchema = z.discriminatedUnion("type", [
  event("start", { step: number, steps: number, rows: number, heldRows: number, device: z.string(), processes: number, trainedParameters: number, tokens: number, lossTokens: number, dtype: z.string().exactOptional(), torch: z.string() }),
  event("step", {
    step: number,
    steps: number,
    epoch: number,
    loss: number,
    learningRate: number,
    gradNorm: number,
    tokens: number.describe("Of the step's rows."),
    tokensPerSecond: number,
    memoryBytes: number.describe("Most taken so far: of the GPU, or of the process."),
    secondsLeft: number,
  }),
  event("eval", { step: number, loss: number, best: number }),
  event("checkpoint", { step: number }),
  event("warning", { message: z.string() }),
  event("artifact", { name: z.string(), sha256: z.string(), bytes: number }),
  event("preempted", { code: z.string(), message: z.string() }),
  event("error", { code: z.string(), message: z.string() }),
  event("end", {}),
]);

export type TrainingEvent = z.output<typeof eventSchema>;

/** Reads a job's events as they come, each once. */
export class EventReader {
  readonly #path: string;
  #offset = 0;

  constructor({ folder }: Job) {
    this.#path = join(folder, "events.jsonl");
  }

  /** Those written since the last call. Lines that are no events, such as one cut short by a kill, are passed over. */
  async read(): Promise<TrainingEvent[]> {
    const file = await open(this.#path).catch(() => undefined);
    if (!file) return [];
    try {
      const { size } = await file.stat();
      if (size <= this.#offset) return [];
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      const end = buffer.lastIndexOf("\n", bytesRead - 1) + 1;
      this.#offset += end;
      return buffer.toString("utf8", 0, end).split("\n").flatMap(parse);
    } finally {
      await file.close();
    }
  }
}

function parse(line: string): TrainingEvent[] {
  try {
    const result = eventSchema.safeParse(JSON.parse(line));
    return result.success ? [result.data] : [];
  } catch {
    return [];
  }
}
