import { EventEmitter, once } from "node:events";
import { stat } from "node:fs/promises";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { parseTrajectory } from "../../trajectory/parse.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { findJournals, type Journal } from "../journals/find.ts";
import { readLineAt, readLines } from "../journals/lines.ts";
import { freeKey } from "./key.ts";
import { type Summary, summarise, type Unreadable } from "./summary.ts";

interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Lines read at once before readers hear of them. */
const batch = 250;

/**
 * What the journals of some paths hold, kept up to date as they grow. Trajectories stay on disk: only their summaries and
 * places are kept.
 */
export class TrajectoryIndex {
  readonly #paths: readonly string[];
  readonly #places = new Map<string, Place>();
  /** Bytes of each file that were read. */
  readonly #read = new Map<string, number>();
  readonly #events = new EventEmitter();
  #summaries: Summary[] = [];
  #unreadable: Unreadable = { count: 0 };
  // No page takes up with another server where it left off with this one.
  #generation = Date.now();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.#events.setMaxListeners(0);
  }

  /** In the order of reading; only ever longer within a generation. */
  get summaries(): readonly Summary[] {
    return this.#summaries;
  }

  /** Lines that are no trajectories. */
  get unreadable(): Unreadable {
    return this.#unreadable;
  }

  /** Changes when a file was rewritten and everything was read anew. */
  get generation(): number {
    return this.#generation;
  }

  /** Reads what was added to the journals since. */
  async refresh(): Promise<void> {
    const journals = await findJournals(this.#paths);
    if (await this.#wasRewritten()) this.#forget();
    for (const journal of journals) await this.#readOn(journal);
  }

  /** Resolves when there is more to see. */
  async changed(signal: AbortSignal): Promise<void> {
    await once(this.#events, "change", { signal });
  }

  /** @throws `trajectory_unknown`; `trajectory_invalid` when its file was changed meanwhile. */
  async load(key: string): Promise<Trajectory> {
    const place = this.#places.get(key);
    if (!place) throw new ApprenticeError("trajectory_unknown", `There is no trajectory ${key} here.`);
    return parseTrajectory(await readLineAt(place.file, place));
  }

  async #wasRewritten(): Promise<boolean> {
    for (const [file, read] of this.#read) {
      const size = (await stat(file).catch(() => undefined))?.size ?? 0;
      if (size < read) return true;
    }
    return false;
  }

  #forget(): void {
    this.#places.clear();
    this.#read.clear();
    this.#summaries = [];
    this.#unreadable = { count: 0 };
    this.#generation += 1;
    this.#events.emit("change");
  }

  async #readOn({ file, run }: Journal): Promise<void> {
    const from = this.#read.get(file) ?? 0;
    const { size } = await stat(file);
    if (size === from) return;
    let added = 0;
    for await (const line of readLines(file, from)) {
      // What has no newline yet is still being written.
      if (!line.complete) break;
      this.#read.set(file, line.offset + line.length + 1);
      if (line.text.trim() === "") continue;
      this.#add(line.text, run, { file, offset: line.offset, length: line.length });
      added += 1;
      if (added % batch === 0) this.#events.emit("change");
    }
    if (added % batch !== 0) this.#events.emit("change");
  }

  #add(text: string, run: string, place: Place): void {
    let trajectory: Trajectory;
    try {
      trajectory = parseTrajectory(text);
    } catch (error) {
      const { count, first } = this.#unreadable;
      this.#unreadable = { count: count + 1, first: first ?? `${place.file}, byte ${place.offset}: ${messageOf(error)}` };
      return;
    }
    const key = freeKey(run, trajectory.id, this.#places);
    this.#places.set(key, place);
    this.#summaries.push(summarise(trajectory, run, key));
  }
}
