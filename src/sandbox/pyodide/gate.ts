/**
 * Python reaches the outside only through the functions that its WASM module imports. Once sealed, those on the list
 * in `imports.ts` work, some give an ordinary error, and every other one ends the interpreter.
 */

import { allowedImports, refusedImports } from "./imports.ts";

/** Thrown through the WASM frames: the interpreter is not used again. */
export class DeniedImport extends Error {
  override readonly name = "DeniedImport";
}

type ImportFunction = ((...args: number[]) => unknown) & { sig?: string };

/** What the gate needs of Emscripten's module object. */
export interface GatedModule {
  HEAPU8: Uint8Array;
  growMemory(bytes: number): 1 | undefined;
}

export class Gate {
  #sealed = false;
  /** Python asked for more memory than it may have. */
  memoryExceeded = false;
  /** Names of denied imports that were called. */
  readonly denied: string[] = [];
  readonly #memoryBytes: number;

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes;
  }

  seal(): void {
    this.#sealed = true;
  }

  /** Replaces the functions in place, so that Emscripten's symbol table and dlsym see the guarded ones too. */
  guard(imports: Record<string, unknown>, module: GatedModule): void {
    for (const [name, value] of Object.entries(imports)) {
      if (typeof value === "function") imports[name] = this.#guarded(name, value as ImportFunction, module);
    }
  }

  #guarded(name: string, original: ImportFunction, module: GatedModule): ImportFunction {
    if (name === "emscripten_resize_heap") return withSignature(original, (bytes) => this.#grow(bytes ?? 0, module));
    if (allowedImports.has(name)) return original;
    const refusal = refusedImports.get(name);
    return withSignature(original, (...args) => {
      if (!this.#sealed) return original(...args);
      if (refusal !== undefined) return refusal;
      this.denied.push(name);
      throw new DeniedImport(name);
    });
  }

  #grow(requested: number, module: GatedModule): number {
    const bytes = requested >>> 0;
    if (bytes > this.#memoryBytes) {
      this.memoryExceeded = true;
      return 0;
    }
    // A fifth more than asked, so that growth is rare: each one renews every view on the memory.
    const target = Math.min(this.#memoryBytes, Math.max(bytes, module.HEAPU8.length * 1.2));
    return module.growMemory(Math.ceil(target / 65_536) * 65_536) === 1 ? 1 : 0;
  }
}

function withSignature(original: ImportFunction, guarded: ImportFunction): ImportFunction {
  // Emscripten reads `sig` when it puts a JavaScript function into the WASM table.
  if (original.sig !== undefined) guarded.sig = original.sig;
  return guarded;
}
