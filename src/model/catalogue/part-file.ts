import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat, type FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/**
 * A download under way: bytes `0…size` of the file are there, and a later attempt goes on after them.
 *
 * Writes name their position, so that two writers of the same file do each other no harm.
 */
export class PartFile {
  readonly path: string;
  #handle: FileHandle;
  #size: number;

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path;
    this.#handle = handle;
    this.#size = size;
  }

  static async open(path: string): Promise<PartFile> {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    const handle = await open(path, size > 0 ? "r+" : "w+");
    return new PartFile(path, handle, size);
  }

  get size(): number {
    return this.#size;
  }

  async append(chunk: Uint8Array): Promise<void> {
    let done = 0;
    while (done < chunk.length) {
      const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done, this.#size);
      done += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async truncate(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** sha256 of a file, in lower-case hex. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  await pipeline(stream, hash, signal ? { signal } : {});
  return hash.digest("hex");
}
