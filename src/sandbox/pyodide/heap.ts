/** Python's memory in pages: what differs from the image that every interpreter starts with, and the ways back. */

/** Pages that differ from the image. In shared memory, so that any interpreter can take them up. */
export interface HeapState {
  /** Size of the memory. */
  readonly size: number;
  /** Page numbers, ascending. */
  readonly pages: Uint32Array;
  /** Their contents, one after another. */
  readonly bytes: Uint8Array;
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
  readonly #module: HeapModule;
  readonly #image: Buffer;
  readonly #stackPointer: number;
  readonly #stackEnd: number;
  /** What the memory was after the last capture or restore; undefined: the image. */
  #mark: HeapState | undefined;
  /** Where its pages are in its bytes. */
  #marked: ReadonlyMap<number, number> = new Map();

  /** Without an image the present memory becomes it. */
  constructor(module: HeapModule, image?: Uint8Array) {
    this.#module = module;
    this.#stackPointer = module.stackSave();
    this.#stackEnd = module._emscripten_stack_get_end();
    this.#image = asBuffer(image ?? shared(module.HEAPU8));
  }

  get image(): Uint8Array {
    return this.#image;
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

  /** Makes a state the present memory; without one, the image. */
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
    if (state === this.#mark) return;
    this.#mark = state;
    this.#marked = new Map(Array.from(state?.pages ?? [], (page, index) => [page, index * pageBytes]));
  }

  /** The pages that are not as in the mark. */
  #changedPages(): number[] {
    const heap = asBuffer(this.#module.HEAPU8);
    const touched = new Set(Array.from(this.#marked.keys(), (page) => Math.floor((page * pageBytes) / blockBytes)));
    const changed: number[] = [];
    for (let block = 0; block < heap.length; block += blockBytes) {
      if (this.#isDead(block, blockBytes)) continue;
      if (!touched.has(block / blockBytes) && this.#asInImage(heap, block, blockBytes)) continue;
      for (let at = block; at < block + blockBytes; at += pageBytes) {
        if (!this.#isDead(at, pageBytes) && !this.#asInMark(heap, at)) changed.push(at / pageBytes);
      }
    }
    return changed;
  }

  /** What lies below the stack pointer is left over from calls that have returned: nobody reads it. */
  #isDead(at: number, length: number): boolean {
    return at >= this.#stackEnd && at + length <= this.#stackPointer;
  }

  #asInMark(heap: Buffer, at: number): boolean {
    const marked = this.#marked.get(at / pageBytes);
    if (!this.#mark || marked === undefined) return this.#asInImage(heap, at, pageBytes);
    return heap.compare(this.#mark.bytes, marked, marked + pageBytes, at, at + pageBytes) === 0;
  }

  /** Beyond the image, memory is zero. */
  #asInImage(heap: Buffer, at: number, length: number): boolean {
    return at < this.#image.length
      ? heap.compare(this.#image, at, at + length, at, at + length) === 0
      : heap.compare(zeros, 0, length, at, at + length) === 0;
  }

  /** The present memory, given the pages that are not as in the mark. */
  #copy(changed: readonly number[]): HeapState {
    const pages = Uint32Array.from(new Set([...this.#marked.keys(), ...changed])).sort();
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
    const different = state === this.#mark ? changed : new Set([...changed, ...this.#marked.keys(), ...(state?.pages ?? [])]);
    this.#setMark(state);
    for (const page of different) {
      const at = page * pageBytes;
      const marked = this.#marked.get(page);
      if (state && marked !== undefined) heap.set(state.bytes.subarray(marked, marked + pageBytes), at);
      else if (at < this.#image.length) heap.set(this.#image.subarray(at, at + pageBytes), at);
      else heap.fill(0, at, at + pageBytes);
    }
    this.#module.stackRestore(this.#stackPointer);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
