/** A line of a file, as bytes, without its newline. */
export interface RawLine {
  /** 1-based. */
  readonly number: number;
  /** In bytes from where reading began. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** False for a last line that no newline closes: it is still being written, or was torn. */
  readonly whole: boolean;
}

const newline = 0x0a;
const mebibyte = 1024 * 1024;

/**
 * The lines of a stream of bytes, one at a time, in memory for one chunk and one line. Only `\n` ends a line: U+2028, which
 * JSON leaves as it is, does not.
 *
 * @throws RangeError for a line of more than `maxBytes` (512 MiB): a guard against files that have no lines.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, { maxBytes = 512 * mebibyte } = {}): AsyncGenerator<RawLine> {
  let number = 1;
  let offset = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const end = chunk.subarray(from, at);
      const bytes = begun.length === 0 ? end : Buffer.concat([...begun, end]);
      yield { number, offset, bytes, whole: true };
      number += 1;
      offset += bytes.length + 1;
      begun = [];
      begunBytes = 0;
      from = at + 1;
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > maxBytes) throw new RangeError(`line ${number} is longer than ${maxBytes / mebibyte} MiB`);
  }
  if (begunBytes > 0) yield { number, offset, bytes: Buffer.concat(begun), whole: false };
}
