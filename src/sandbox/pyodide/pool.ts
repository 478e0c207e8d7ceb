/** Many states on few interpreters: each piece of work gets one that holds the state it needs. */

import { availableParallelism } from "node:os";
import { ApprenticeError } from "../../errors.ts";
import type { StartMemory } from "./heap.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Target } from "./machine.ts";
import { initial, isOnlyCopy, scratch, type State } from "./state.ts";

interface Slot {
  readonly interpreter: Interpreter;
  /** What its memory is, exactly; undefined when it is nothing that anyone needs. */
  holds: State | undefined;
  /** What it last captured or restored: it goes back there without being told how. */
  mark: State;
  busy: boolean;
  /** Python waits for a function of the host. */
  waiting: boolean;
  usedAt: number;
  /** What it holds is being copied out of it. */
  saving?: Promise<void> | undefined;
}

/** An interpreter lent for one piece of work. Say what it holds afterwards, else it counts as spoiled. */
export interface Lease {
  readonly interpreter: Interpreter;
  leave(state: State): void;
  /** While Python waits for the host it does not count as working, so that others go on. */
  waiting(now: boolean): void;
}

interface Waiter {
  readonly state: State;
  take(slot: Slot): void;
  fail(error: unknown): void;
}

/** Interpreters that wait for tools do not count as working, but there is an end to that. */
const maxWaiting = 16;
/** An interpreter whose memory has grown by this much more than it needs is replaced. */
const spareBytes = 64 * 2 ** 20;

export class Pool {
  readonly #start: (startMemory: Promise<StartMemory> | undefined) => Promise<Interpreter>;
  readonly #limit: number;
  readonly #slots = new Set<Slot>();
  readonly #waiters: Waiter[] = [];
  #startMemory: Promise<StartMemory> | undefined;
  #starting = 0;
  #disposed = false;

  constructor(start: (startMemory: Promise<StartMemory> | undefined) => Promise<Interpreter>, limit = Math.max(2, availableParallelism())) {
    this.#start = start;
    this.#limit = limit;
  }

  /** Runs `work` on an interpreter that holds the state; without one, on one as it starts. */
  async use<T>(state: State | undefined, work: (lease: Lease) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const slot = await this.#acquire(state ?? initial, signal);
    slot.holds = undefined;
    let left: State | undefined;
    try {
      return await work({
        interpreter: slot.interpreter,
        leave: (next) => (left = next),
        waiting: (now) => {
          slot.waiting = now;
          this.#serve();
        },
      });
    } finally {
      slot.holds = left;
      this.#release(slot);
    }
  }

  /** Sees to it that a state outlives its interpreter. */
  async save(state: State): Promise<void> {
    const slot = this.#holder(state);
    if (!slot || state.saved || state.abandoned) return;
    if (slot.busy) return slot.saving;
    slot.busy = true;
    slot.saving = saveIn(slot, state);
    await slot.saving;
    this.#release(slot);
  }

  /** Nobody asks for the state again. */
  abandon(state: State): void {
    state.abandoned = true;
    const slot = this.#holder(state);
    if (!slot || slot.busy) return;
    slot.busy = true;
    // Ready for the next one before that comes.
    void this.#bring(slot, initial).then(() => this.#release(slot));
  }

  /** The memory that every interpreter starts with. */
  async startMemory(): Promise<StartMemory> {
    return this.use(undefined, async ({ interpreter, leave }) => {
      leave(initial);
      return interpreter.startMemory;
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const { fail } of this.#waiters.splice(0)) fail(disposed());
    await Promise.all([...this.#slots].map(({ interpreter }) => interpreter.terminate()));
    this.#slots.clear();
  }

  async #acquire(state: State, signal: AbortSignal | undefined): Promise<Slot> {
    for (;;) {
      const slot = await this.#wait(state, signal);
      const isThere = slot.holds === state || (await this.#bring(slot, state));
      if (isThere && !signal?.aborted) return slot;
      this.#release(slot);
      signal?.throwIfAborted();
    }
  }

  #wait(state: State, signal: AbortSignal | undefined): Promise<Slot> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#disposed) throw disposed();
      const settle = (): void => {
        signal?.removeEventListener("abort", onAbort);
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
      };
      const waiter: Waiter = {
        state,
        take: (slot) => {
          settle();
          slot.busy = true;
          resolve(slot);
        },
        fail: (error) => {
          settle();
          reject(error as Error);
        },
      };
      const onAbort = (): void => waiter.fail(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  /** Gives idle interpreters to those who wait, and starts another one if there are not enough. */
  #serve(): void {
    for (const waiter of this.#waiters.slice()) {
      const { state } = waiter;
      const slot = this.#choose(state);
      if (slot) waiter.take(slot);
      else if (state.lost) waiter.fail(stateLost());
    }
    if (this.#waiters.length > this.#starting && this.#working < this.#limit) this.#grow();
  }

  get #working(): number {
    const waiting = [...this.#slots].filter((slot) => slot.waiting).length;
    return this.#slots.size + this.#starting - Math.min(waiting, maxWaiting);
  }

  #choose(state: State): Slot | undefined {
    const holder = this.#holder(state);
    if (holder && !holder.busy) return holder;
    const restorable = state.saved !== undefined || state === initial || state === scratch;
    if (!restorable) return undefined;
    const idle = [...this.#slots].filter((slot) => !slot.busy);
    return idle.sort((a, b) => costOfTaking(a) - costOfTaking(b) || a.usedAt - b.usedAt)[0];
  }

  #holder(state: State): Slot | undefined {
    return [...this.#slots].find((slot) => slot.holds === state);
  }

  #grow(): void {
    this.#starting += 1;
    const starting = this.#start(this.#startMemory);
    this.#startMemory ??= starting.then(({ startMemory }) => startMemory);
    this.#startMemory.catch(() => (this.#startMemory = undefined));
    starting.then(
      (interpreter) => {
        this.#starting -= 1;
        if (this.#disposed) void interpreter.terminate();
        else this.#slots.add({ interpreter, holds: initial, mark: initial, busy: false, waiting: false, usedAt: performance.now() });
        this.#serve();
      },
      (error: unknown) => {
        this.#starting -= 1;
        if (this.#slots.size === 0) for (const { fail } of this.#waiters.splice(0)) fail(error);
      },
    );
  }

  /** Puts a state into an interpreter's memory. False when that is not possible any more. */
  async #bring(slot: Slot, state: State): Promise<boolean> {
    const { interpreter, holds } = slot;
    const target = slot.mark === state ? "mark" : (state.saved ?? "start");
    if (isOnlyCopy(holds)) {
      slot.saving = swap(interpreter, holds, target);
      await slot.saving;
    } else {
      await interpreter.ask({ type: "restore", target });
    }
    slot.mark = state;
    slot.holds = interpreter.alive ? state : undefined;
    return interpreter.alive;
  }

  #release(slot: Slot): void {
    slot.busy = false;
    slot.waiting = false;
    slot.usedAt = performance.now();
    if (slot.holds?.abandoned) slot.holds = undefined;
    const { interpreter, holds } = slot;
    const unsaved = isOnlyCopy(holds);
    const swollen = interpreter.heapBytes > (holds?.saved?.heap.size ?? interpreter.startMemory.changed.size) + spareBytes;
    const surplus = this.#waiters.length === 0 && this.#working > this.#limit;
    if (!interpreter.alive || ((swollen || surplus) && !unsaved)) {
      if (unsaved) holds.lost = true;
      this.#slots.delete(slot);
      void interpreter.terminate();
      // The next action shall not wait for a start.
      if (!this.#disposed && this.#slots.size + this.#starting === 0) this.#grow();
    }
    this.#serve();
  }
}

/** Nothing, a copy of what is kept elsewhere, or the only copy. */
function costOfTaking({ holds }: Slot): number {
  if (holds === initial) return 0;
  if (holds === undefined || holds === scratch || holds.abandoned) return 1;
  return isOnlyCopy(holds) ? 3 : 2;
}

async function swap(interpreter: Interpreter, left: State, target: Target): Promise<void> {
  const reply = await interpreter.ask({ type: "swap", target });
  if (reply.type === "captured") left.saved = reply.state;
  else left.lost = true;
}

async function saveIn(slot: Slot, state: State): Promise<void> {
  const reply = await slot.interpreter.ask({ type: "capture" });
  if (reply.type !== "captured") return;
  state.saved = reply.state;
  slot.mark = state;
}

function disposed(): ApprenticeError {
  return new ApprenticeError("sandbox_disposed", "This sandbox was disposed: make another one.");
}

function stateLost(): ApprenticeError {
  return new ApprenticeError("sandbox_state_lost", "The interpreter died and its variables with it: open another session.");
}
