import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import zlib from "node:zlib";
import { ApprenticeError, messageOf } from "../errors.ts";
import { splitLines } from "../lines.ts";

/** A line of a file. */
export interface Line {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  /** False for a last line that no newline closes. */
  readonly whole: boolean;
}

/**
 * The lines of a file, one at a time, in bounded memory; `.gz` and `.zst` are unpacked on the way.
 *
 * @throws `file_unreadable`
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  try {
    for await (const { number, bytes, whole } of splitLines(openBytes(path))) yield { number, text: bytes.toString("utf8"), whole };
  } catch (error) {
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function openBytes(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  if (path.endsWith(".gz")) return unpacked(file, zlib.createGunzip());
  if (path.endsWith(".zst")) return unpacked(file, zstd());
  return file as AsyncIterable<Buffer>;
}

/** A reader that stops early destroys the decompressor; the pipeline then closes the file as well. */
function unpacked(file: Readable, decompressor: ReturnType<typeof zlib.createGunzip>): AsyncIterable<Buffer> {
  return pipeline(file, decompressor, () => undefined) as AsyncIterable<Buffer>;
}

function zstd(): ReturnType<typeof zlib.createGunzip> {
  if (typeof zlib.createZstdDecompress !== "function") throw new Error("this Node cannot read .zst: update to 22.15 or newer");
  return zlib.createZstdDecompress();
}
