/** The whole state of an interpreter between two actions: memory, files, and its source of randomness. */

import { Files, type FileState } from "./file-state.ts";
import type { FileSystem } from "./files.ts";
import type { Gate } from "./gate.ts";
import { Heap, type HeapModule, type HeapState, type StartMemory } from "./heap.ts";

/** Plain data; the large parts are in shared memory. It fits every interpreter with the same start. */
export interface MachineState {
  readonly heap: HeapState;
  readonly files: FileState;
  readonly entropy: Entropy;
}

/** Where an interpreter can go: to how all start, to the mark (what it last captured or restored), or to another state. */
export type Target = "start" | "mark" | MachineState;

/** Where the stream of random bytes stands. */
export interface Entropy {
  readonly seed: number;
  /** Blocks given so far. */
  readonly block: number;
}

export class Machine {
  readonly #heap: Heap;
  readonly #files: Files;
  readonly #gate: Gate;
  #mark: MachineState | undefined;

  constructor({ module, fs, gate }: { module: HeapModule; fs: FileSystem; gate: Gate }, snapshot: Uint8Array | undefined, start: StartMemory | undefined) {
    this.#files = new Files(fs);
    this.#gate = gate;
    this.#heap = new Heap(module, snapshot, start);
    // Boots differ in a few addresses and times: from here on they do not.
    if (start) this.restore("start");
  }

  /** The memory that every interpreter starts with. */
  get start(): StartMemory {
    return this.#heap.start;
  }

  get heapBytes(): number {
    return this.#heap.size;
  }

  /** The present state, which is the mark from now on. */
  capture(): MachineState {
    this.#mark = { ...this.#rest(), heap: this.#heap.capture() };
    return this.#mark;
  }

  restore(target: Target): void {
    const state = this.#stateOf(target);
    this.#heap.restore(state?.heap);
    this.#restoreRest(state);
  }

  /** `capture`, then `restore`, for less than both. */
  swap(target: Target): MachineState {
    const state = this.#stateOf(target);
    const captured = { ...this.#rest(), heap: this.#heap.swap(state?.heap) };
    this.#restoreRest(state);
    return captured;
  }

  #stateOf(target: Target): MachineState | undefined {
    if (target === "mark") return this.#mark;
    return target === "start" ? undefined : target;
  }

  #rest(): Omit<MachineState, "heap"> {
    return { files: this.#files.capture(), entropy: this.#gate.entropy };
  }

  #restoreRest(state: MachineState | undefined): void {
    this.#mark = state;
    this.#files.restore(state?.files);
    this.#gate.entropy = state?.entropy ?? { seed: 0, block: 0 };
  }
}
