import { createReadStream } from "node:fs";
import { ApprenticeError } from "../../errors.ts";
import { type RawLine, splitLines } from "../../lines.ts";

const maxBytes = 64 * 1024 * 1024;

/**
 * The lines of a UTF-8 file, with their numbers from 1.
 *
 * @throws ApprenticeError `passages_invalid` naming the line that is no UTF-8 or too long; `file_unreadable`.
 */
export async function* readLines(path: string): AsyncGenerator<{ readonly number: number; readonly text: string; readonly ended: boolean }> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const { number, bytes, whole } of linesOf(path)) {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch (error) {
      throw new ApprenticeError("passages_invalid", `${path} line ${number} is not UTF-8: convert the file.`, { cause: error });
    }
    yield { number, text, ended: whole };
  }
}

async function* linesOf(path: string): AsyncGenerator<RawLine> {
  try {
    yield* splitLines(createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>, { maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw new ApprenticeError("passages_invalid", `${path}: ${error.message}.`, { cause: error });
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${message}`, { cause: error });
  }
}
