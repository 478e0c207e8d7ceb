/** Python's memory in pages: what differs from how every interpreter starts, and the ways back. */

/** Pages, and the size of the memory that they are of. In shared memory, so that any interpreter can take them up. */
export interface HeapState {
  /** Size of the memory. */
  readonly size: number;
  /** Page numbers, ascending. */
  readonly pages: Uint32Array;
  /** Their contents, one after another. */
  readonly bytes: Uint8Array;
}

/** The memory that every interpreter of a sandbox starts with. */
export interface StartMemory {
  /** In shared memory. Absent: that of the snapshot which it booted from. */
  readonly base?: Uint8Array;
  /** What differs from that. */
  readonly changed: HeapState;
}

/** What is used of Emscripten's module object. */
export interface HeapModule {
  HEAPU8: Uint8Array;
  growMemory(bytes: number): unknown;
  stackSave(): number;
  stackRestore(pointer: number): void;
  _emscripten_stack_get_end(): number;
}

const pageBytes = 4096;
const blockBytes = 65_536;
const zeros = Buffer.alloc(blockBytes);

export class Heap {
  /** What states differ from. */
  readonly start: StartMemory;
  readonly #module: HeapModule;
  readonly #base: Buffer;
  readonly #stackPointer: number;
  readonly #stackEnd: number;
  #startPlaces: Places = new Map();
  /** What the memory was after the last capture or restore; undefined: the start. */
  #mark: HeapState | undefined;
  #markPlaces: Places = new Map();
  /** Blocks with a page that is not as in the base. */
  #touched: ReadonlySet<number> = new Set();

  /** Without a start the present memory becomes it. `snapshot`: the memory of the snapshot that this one booted from. */
  constructor(module: HeapModule, snapshot: Uint8Array | undefined, start?: StartMemory) {
    this.#module = module;
    this.#stackPointer = module.stackSave();
    this.#stackEnd = module._emscripten_stack_get_end();
    const base = snapshot ? undefined : (start?.base ?? shared(module.HEAPU8));
    this.#base = asBuffer(snapshot ?? base ?? new Uint8Array());
    this.start = start ?? { ...(base && { base }), changed: this.#copy(this.#changedPages()) };
    this.#startPlaces = placesOf(this.start.changed);
    this.#setMark(undefined);
  }

  get size(): number {
    return this.#module.HEAPU8.length;
  }

  /** The present memory. Between two actions only: then the same part of the stack is in use. */
  capture(): HeapState {
    const captured = this.#copy(this.#changedPages());
    this.#setMark(captured);
    return captured;
  }

  /** Makes a state the present memory; without one, the start. */
  restore(state?: HeapState): void {
    this.#write(this.#changedPages(), state);
  }

  /** `capture`, then `restore`, in one pass over the memory. */
  swap(state?: HeapState): HeapState {
    const changed = this.#changedPages();
    const captured = this.#copy(changed);
    this.#write(changed, state);
    return captured;
  }

  #setMark(state: HeapState | undefined): void {
    this.#mark = state;
    this.#markPlaces = placesOf(state);
    this.#touched = new Set([...this.#startPlaces.keys(), ...this.#markPlaces.keys()].map((page) => Math.floor((page * pageBytes) / blockBytes)));
  }

  /** The pages that are not as in the mark. */
  #changedPages(): number[] {
    const heap = asBuffer(this.#module.HEAPU8);
    const changed: number[] = [];
    for (let block = 0; block < heap.length; block += blockBytes) {
      if (this.#isDead(block, blockBytes)) continue;
      if (!this.#touched.has(block / blockBytes) && same(heap, block, blockBytes, this.#inBase(block))) continue;
      for (let at = block; at < block + blockBytes; at += pageBytes) {
        if (!this.#isDead(at, pageBytes) && !same(heap, at, pageBytes, this.#inMark(at / pageBytes))) changed.push(at / pageBytes);
      }
    }
    return changed;
  }

  /** What lies below the stack pointer is left over from calls that have returned: nobody reads it. */
  #isDead(at: number, length: number): boolean {
    return at >= this.#stackEnd && at + length <= this.#stackPointer;
  }

  /** Where the contents of a page are, as they were at the mark. */
  #inMark(page: number): Place | undefined {
    const marked = this.#markPlaces.get(page);
    if (this.#mark && marked !== undefined) return { bytes: this.#mark.bytes, at: marked };
    const atStart = this.#startPlaces.get(page);
    return atStart === undefined ? this.#inBase(page * pageBytes) : { bytes: this.start.changed.bytes, at: atStart };
  }

  /** Beyond the base, memory is zero. */
  #inBase(at: number): Place | undefined {
    return at < this.#base.length ? { bytes: this.#base, at } : undefined;
  }

  /** The present memory, given the pages that are not as in the mark. */
  #copy(changed: readonly number[]): HeapState {
    const pages = Uint32Array.from(new Set([...this.#markPlaces.keys(), ...changed])).sort();
    const state = { size: this.size, pages: new Uint32Array(new SharedArrayBuffer(pages.byteLength)), bytes: new Uint8Array(new SharedArrayBuffer(pages.length * pageBytes)) };
    state.pages.set(pages);
    const heap = this.#module.HEAPU8;
    for (const [index, page] of pages.entries()) {
      state.bytes.set(heap.subarray(page * pageBytes, (page + 1) * pageBytes), index * pageBytes);
    }
    return state;
  }

  #write(changed: readonly number[], state: HeapState | undefined): void {
    if (state && state.size > this.size) this.#module.growMemory(state.size);
    const heap = this.#module.HEAPU8;
    const different = state === this.#mark ? changed : new Set([...changed, ...this.#markPlaces.keys(), ...(state?.pages ?? [])]);
    if (state !== this.#mark) this.#setMark(state);
    for (const page of different) {
      const at = page * pageBytes;
      const place = this.#inMark(page);
      if (place) heap.set(place.bytes.subarray(place.at, place.at + pageBytes), at);
      else heap.fill(0, at, at + pageBytes);
    }
    this.#module.stackRestore(this.#stackPointer);
  }
}

/** Bytes that begin somewhere. */
interface Place {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Where the pages of a state are in its bytes. */
type Places = ReadonlyMap<number, number>;

function placesOf(state: HeapState | undefined): Places {
  return new Map(Array.from(state?.pages ?? [], (page, index) => [page, index * pageBytes]));
}

/** Whether memory is as in a place; without one, zero. */
function same(heap: Buffer, at: number, length: number, { bytes, at: from }: Place = { bytes: zeros, at: 0 }): boolean {
  return heap.compare(bytes, from, from + length, at, at + length) === 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
