/** Calls between JavaScript and Python through CPython's C API: no proxy objects on either side. */

/** What is used of Emscripten's module object. Pointers are byte addresses in `HEAPU8`. */
export interface PythonModule {
  HEAPU8: Uint8Array;
  HEAPU32: Uint32Array;
  HEAP32: Int32Array;
  readonly __Py_NoneStruct: number;
  readonly _PyExc_TypeError: number;
  addFunction(run: (self: number, arg: number) => number, signature: string): number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _Py_DecRef(object: number): void;
  _PyErr_Clear(): void;
  _PyErr_SetString(type: number, message: number): void;
  _PyImport_ImportModule(name: number): number;
  _PyImport_AddModule(name: number): number;
  _PyObject_GetAttrString(object: number, name: number): number;
  _PyObject_SetAttrString(object: number, name: number, value: number): number;
  _PyObject_CallOneArg(callable: number, arg: number): number;
  _PyUnicode_FromStringAndSize(bytes: number, length: number): number;
  _PyUnicode_AsUTF8AndSize(text: number, length: number): number;
  _PyBytes_AsString(bytes: number): number;
  _PyBytes_Size(bytes: number): number;
  _PyCMethod_New(definition: number, self: number, module: number, type: number): number;
}

import { maxMessageChars } from "./protocol.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const METH_O = 0x0008;

export class Native {
  readonly #python: PythonModule;
  readonly #lengthCell: number;
  #harness = 0;

  constructor(python: PythonModule) {
    this.#python = python;
    this.#lengthCell = python._malloc(4);
  }

  /** The module whose attributes `callable` and `define` speak of. */
  useModule(name: string): void {
    this.#harness = this.#withCString(name, (pointer) => this.#python._PyImport_ImportModule(pointer));
    if (this.#harness === 0) throw new Error(`Python module ${name} is missing`);
  }

  /** A function of the module that takes and gives one string. Undefined when it raised. */
  callable(name: string): (text: string) => string | undefined {
    const pointer = this.#withCString(name, (cName) => this.#python._PyObject_GetAttrString(this.#harness, cName));
    if (pointer === 0) throw new Error(`Python function ${name} is missing`);
    return (text) => this.#call(pointer, text);
  }

  /** Gives the module a builtin that takes one object. `run` gets and returns object pointers; 0 means an error is set. */
  define(name: string, run: (arg: number) => number): void {
    const definition = this.#python._malloc(16);
    const cName = this.#cString(name);
    const pointer = this.#python.addFunction((_self, arg) => run(arg), "iii");
    this.#python.HEAPU32.set([cName, pointer, METH_O, 0], definition >>> 2);
    const method = this.#python._PyCMethod_New(definition, 0, 0, 0);
    this.#withCString(name, (attribute) => this.#python._PyObject_SetAttrString(this.#harness, attribute, method));
  }

  none(): number {
    return this.#python.__Py_NoneStruct;
  }

  typeError(message: string): 0 {
    this.#withCString(message, (pointer) => this.#python._PyErr_SetString(this.#python._PyExc_TypeError, pointer));
    return 0;
  }

  /** The text of a `str`; undefined for any other object, and for one that is too long. */
  text(object: number): string | undefined {
    const start = this.#python._PyUnicode_AsUTF8AndSize(object, this.#lengthCell);
    if (start === 0) {
      this.#python._PyErr_Clear();
      return undefined;
    }
    const length = this.#python.HEAPU32[this.#lengthCell >>> 2] ?? 0;
    // A string as big as Python's heap would end the worker.
    if (length > maxMessageChars) return undefined;
    return decoder.decode(this.#python.HEAPU8.subarray(start, start + length));
  }

  /** The memory of a `bytes`, good until Python runs again; undefined for any other object. */
  bytes(object: number): Uint8Array | undefined {
    const start = this.#python._PyBytes_AsString(object);
    if (start === 0) {
      this.#python._PyErr_Clear();
      return undefined;
    }
    return this.#python.HEAPU8.subarray(start, start + this.#python._PyBytes_Size(object));
  }

  /** A new `str`; 0 when memory is out. */
  newText(text: string): number {
    const bytes = encoder.encode(text);
    const pointer = this.#python._malloc(bytes.length + 1);
    if (pointer === 0) return 0;
    this.#python.HEAPU8.set(bytes, pointer);
    const object = this.#python._PyUnicode_FromStringAndSize(pointer, bytes.length);
    this.#python._free(pointer);
    return object;
  }

  #call(callable: number, text: string): string | undefined {
    const arg = this.newText(text);
    if (arg === 0) return undefined;
    const result = this.#python._PyObject_CallOneArg(callable, arg);
    this.#python._Py_DecRef(arg);
    if (result === 0) {
      this.#python._PyErr_Clear();
      return undefined;
    }
    const answer = this.text(result);
    this.#python._Py_DecRef(result);
    return answer;
  }

  #cString(text: string): number {
    const bytes = encoder.encode(text + "\0");
    const pointer = this.#python._malloc(bytes.length);
    this.#python.HEAPU8.set(bytes, pointer);
    return pointer;
  }

  #withCString<T>(text: string, use: (pointer: number) => T): T {
    const pointer = this.#cString(text);
    try {
      return use(pointer);
    } finally {
      this.#python._free(pointer);
    }
  }
}
