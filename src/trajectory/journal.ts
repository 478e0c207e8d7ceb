import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { ApprenticeError, messageOf } from "../errors.ts";
import { lockFile } from "./lock.ts";
import type { Trajectory } from "./schema.ts";

/** What was mended when a journal was opened. */
export interface Repair {
  readonly path: string;
  /** Bytes of an unfinished last line that were cut off. */
  readonly droppedBytes: number;
}

export interface JournalOptions {
  /** Told when the last writer was killed in the middle of a line. */
  readonly onRepair?: (repair: Repair) => void;
}

const NEWLINE = 0x0a;
const BLOCK = 64 * 1024;

/**
 * Opens a file of JSON lines for appending, and makes it and its folder if they are not there. A last line that was
 * never finished is cut off.
 *
 * @throws `journal_locked` while another writer, of this process or another, has it open; `journal_unwritable`.
 */
export async function openJournal<T extends object = Trajectory>(path: string, options: JournalOptions = {}): Promise<Journal<T>> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const unlock = await lockFile(`${path}.lock`);
    try {
      const file = await open(path, "a+");
      const { size, droppedBytes } = await repairTail(file);
      if (droppedBytes > 0) options.onRepair?.({ path, droppedBytes });
      await syncFolder(dirname(path));
      return new Journal(path, file, size, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    if (error instanceof ApprenticeError) throw error;
    throw new ApprenticeError("journal_unwritable", `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * An append-only file of JSON lines with one writer. When `append` resolves, the line is whole and on disk; lines that
 * come in while the disk is busy are flushed together.
 */
export class Journal<T extends object = Trajectory> {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #unlock: () => Promise<void>;
  #size: number;
  #waiting: { readonly line: Buffer; readonly done: () => void; readonly fail: (error: unknown) => void }[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;
  /** The error after which nothing may be written. */
  #broken: unknown;

  constructor(path: string, file: FileHandle, size: number, unlock: () => Promise<void>) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#unlock = unlock;
  }

  /** @throws `journal_unwritable`; the record is then not in the file, not even in part. */
  append(record: T): Promise<void> {
    if (this.#closed) return Promise.reject(new ApprenticeError("journal_closed", `${this.path} was closed: open it again.`));
    if (this.#broken !== undefined) return Promise.reject(this.#unwritable(this.#broken));
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    return new Promise((done, fail) => {
      this.#waiting.push({ line, done, fail });
      this.#writing ??= this.#writeWaiting();
    });
  }

  /** Waits for what is being written, and lets another writer in. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#file.close();
    await this.#unlock();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#broken !== undefined) throw this.#broken;
        await this.#write(Buffer.concat(batch.map(({ line }) => line)));
        for (const { done } of batch) done();
      } catch (cause) {
        const error = this.#unwritable(cause);
        for (const { fail } of batch) fail(error);
      }
    }
    this.#writing = undefined;
  }

  #unwritable(cause: unknown): ApprenticeError {
    return new ApprenticeError("journal_unwritable", `${this.path} cannot be written: ${messageOf(cause)}`, { cause });
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      // The file is open for appending, so this goes to its end and is repeated until all is written.
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
      this.#size += bytes.length;
    } catch (error) {
      // A full disk may have taken a part of it. If that cannot be taken back, nothing may follow it.
      await this.#file.truncate(this.#size).catch(() => (this.#broken = error));
      throw error;
    }
  }
}

/** Cuts off what follows the last newline; a whole record that lacks only its newline gets it. */
async function repairTail(file: FileHandle): Promise<{ size: number; droppedBytes: number }> {
  const { size } = await file.stat();
  const end = await afterLastNewline(file, size);
  if (end === size) return { size, droppedBytes: 0 };
  const tail = Buffer.alloc(size - end);
  await file.read(tail, 0, tail.length, end);
  if (isRecord(tail.toString("utf8"))) {
    await file.appendFile("\n");
    await file.datasync();
    return { size: size + 1, droppedBytes: 0 };
  }
  await file.truncate(end);
  await file.datasync();
  return { size: end, droppedBytes: size - end };
}

async function afterLastNewline(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(BLOCK);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

function isRecord(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

/** Makes a new file's name as lasting as its content. Windows cannot, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path);
  await folder.sync();
}
