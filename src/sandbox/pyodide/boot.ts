/** Starts Pyodide in this thread, behind the gate. */

import { pathToFileURL } from "node:url";
import { limitFiles, type FileSystem } from "./files.ts";
import { Gate, type GatedModule } from "./gate.ts";
import type { HeapModule } from "./heap.ts";
import { harness, preloadedModules } from "./harness.ts";
import { Native, type PythonModule } from "./native.ts";
import type { BootData } from "./protocol.ts";
import { warmUpCode } from "./warm-up.ts";

type Settings = Record<string, unknown> & GatedModule & {
  instantiateWasm(imports: WebAssembly.Imports, done: Instantiated): unknown;
};
type Instantiated = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

/** The parts of Pyodide's interface that are used, undocumented ones too. */
interface Pyodide {
  readonly _module: PythonModule & HeapModule;
  readonly FS: FileSystem & {
    writeFile(path: string, data: Uint8Array, options?: { canOwn: boolean }): void;
    mkdirTree(path: string): void;
    unlink(path: string): void;
  };
  runPython(code: string): unknown;
  unpackArchive(bytes: Uint8Array, format: "wheel"): void;
  setInterruptBuffer(buffer: { [index: number]: number }): void;
  setStdin(options: { error: true }): void;
  setStdout(options: { write(data: Uint8Array): number }): void;
  setStderr(options: { write(data: Uint8Array): number }): void;
  makeMemorySnapshot(): Uint8Array;
}

export interface Booted {
  readonly pyodide: Pyodide;
  readonly native: Native;
  readonly gate: Gate;
}

/** The parts of Pyodide that every interpreter has from its own surroundings. */
export interface BootFiles {
  /** With a trailing separator. */
  readonly pyodideFolder: string;
  readonly wasm: WebAssembly.Module;
}

export async function boot(data: BootData, files: BootFiles): Promise<Booted> {
  const { pyodideFolder } = files;
  const { loadPyodide } = (await importPyodide(pyodideFolder, "pyodide.mjs")) as {
    loadPyodide(options: Record<string, unknown>): Promise<Pyodide>;
  };
  const gate = new Gate(bootMemoryBytes);
  const pyodide = await loadPyodide({
    indexURL: pyodideFolder,
    // No package can be asked for by name, so nothing is ever downloaded.
    lockFileContents: emptyLock,
    packageBaseUrl: pyodideFolder,
    // Would be Node's path on the host.
    _sysExecutable: "/usr/bin/python3",
    env: { LANG: "C.UTF-8", HOME: "/home/python", PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" },
    jsglobals: Object.create(null) as object,
    stdout: () => {},
    stderr: () => {},
    createPyodideModule: gatedModule(data, files, gate),
    ...(data.purpose === "snapshot" && { _makeSnapshot: true }),
    ...(data.snapshot && { _loadSnapshot: data.snapshot }),
  });
  addWheels(pyodide, data);
  if (!data.snapshot) prepare(pyodide, data);
  return { pyodide, native: new Native(pyodide._module), gate };
}

/** Loads Pyodide's JavaScript while the host still reads the rest. */
export async function warmUp(pyodideFolder: string): Promise<void> {
  await Promise.all([importPyodide(pyodideFolder, "pyodide.mjs"), importPyodide(pyodideFolder, "pyodide.asm.mjs")]);
}

function importPyodide(folder: string, file: string): Promise<unknown> {
  return import(pathToFileURL(folder + file).href) as Promise<unknown>;
}

const bootMemoryBytes = 2 ** 30;

const emptyLock = {
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten", python: "3.14.0", version: "314.0.7" },
  packages: {},
};

/** Takes the bridge to JavaScript away; from here on only listed imports work. Gives the function that limits files. */
export function seal({ pyodide, gate }: Booted): ReturnType<typeof limitFiles> {
  pyodide.setStdin({ error: true });
  pyodide.runPython("import _apprentice; _apprentice.close_bridge()");
  // These devices are the host's terminal.
  for (const device of ["/dev/tty", "/dev/tty1"]) pyodide.FS.unlink(device);
  const setLimit = limitFiles(pyodide.FS);
  gate.seal();
  return setLimit;
}

type CreateModule = (settings: Settings) => Promise<unknown>;

function gatedModule({ snapshot }: BootData, { pyodideFolder, wasm }: BootFiles, gate: Gate): CreateModule {
  return async (settings) => {
    const { default: create } = (await importPyodide(pyodideFolder, "pyodide.asm.mjs")) as { default: CreateModule };
    // Pyodide's own would compile its 10 MB again for every interpreter.
    settings.instantiateWasm = (imports, done) => {
      const env = imports["env"] as Record<string, unknown>;
      const errorMarker = Symbol("error");
      env["Jsv_GetError_import"] = () => errorMarker;
      env["JsvError_Check"] = (value: unknown) => value === errorMarker;
      gate.guard(env, settings);
      const instance = new WebAssembly.Instance(wasm, imports);
      fit(instance, snapshot);
      done(instance, wasm);
      return {};
    };
    return create(settings);
  };
}

/** Pyodide copies a snapshot into a memory that may be too small for it. */
function fit(instance: WebAssembly.Instance, snapshot: Uint8Array | undefined): void {
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  const missing = (snapshot?.length ?? 0) - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
}

/** Python's memory in Pyodide's snapshot: the header says where it begins. */
export function memoryOf(snapshot: Uint8Array): Uint8Array {
  return snapshot.subarray(new Uint32Array(snapshot.buffer, snapshot.byteOffset, 2)[1]);
}

const wheelFolder = "/lib/wheels";

function addWheels(pyodide: Pyodide, data: BootData): void {
  pyodide.FS.mkdirTree(wheelFolder);
  for (const { name, bytes, extensions } of data.wheels) {
    if (extensions.length > 0) pyodide.unpackArchive(bytes.slice(), "wheel");
    else pyodide.FS.writeFile(`${wheelFolder}/${name}`, bytes, { canOwn: true });
  }
}

function prepare(pyodide: Pyodide, data: BootData): void {
  const paths = data.wheels.filter((wheel) => wheel.extensions.length === 0).map((wheel) => `${wheelFolder}/${wheel.name}`);
  // Libraries cannot be linked once sealed, so all of them are now; those that need what is not here are left out.
  const extensions = data.wheels.flatMap((wheel) => wheel.extensions);
  pyodide.runPython(`
import importlib, sys, types
sys.path.extend(${JSON.stringify(paths)})
for name in ${JSON.stringify([...preloadedModules, ...data.wheels.flatMap((wheel) => wheel.imports)])}:
    importlib.import_module(name)
for name in ${JSON.stringify(extensions)}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
module = types.ModuleType("_apprentice")
sys.modules["_apprentice"] = module
exec(compile(${JSON.stringify(harness)}, "<sandbox>", "exec"), module.__dict__)
for _ in range(8):
    exec(compile(${JSON.stringify(warmUpCode)}, "<warm-up>", "exec"), {})
module.gc.collect()
module.gc.freeze()
# A collection writes to every object; most actions are over before the first.
module.gc.set_threshold(50_000)
del importlib, name, module, types
`);
  fillHoles(pyodide._module);
}

/**
 * Takes every free piece between the objects of the image, for good. What actions allocate then lies together at the
 * end of the heap, so that few pages differ from the image.
 */
function fillHoles(python: PythonModule): void {
  const largest = 1 << 20;
  const end = python._malloc(largest);
  python._free(end);
  for (let size = largest; size >= 8; size -= size > 1024 ? Math.ceil(size / 64) * 8 : 8) {
    let piece = python._malloc(size);
    while (piece < end) piece = python._malloc(size);
    python._free(piece);
  }
}
