import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { splitLines } from "../../lines.ts";

/** One line of a file, without its newline, and where it lies in bytes. */
export interface Line {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
  /** The last line of a file may lack its newline: it is still being written, or was torn. */
  readonly complete: boolean;
}

/** The lines of a file from a byte on, one at a time; the places are what readers come back with. */
export async function* readLines(file: string, from = 0): AsyncGenerator<Line> {
  const stream = createReadStream(file, { start: from, highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
  for await (const { offset, bytes, whole } of splitLines(stream)) {
    yield { offset: from + offset, length: bytes.length, text: bytes.toString("utf8"), complete: whole };
  }
}

/** The text of one line that {@link readLines} found. */
export async function readLineAt(file: string, { offset, length }: Pick<Line, "offset" | "length">): Promise<string> {
  await using handle = await open(file);
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, offset);
  return buffer.toString("utf8", 0, bytesRead);
}
