import { describe, expect, it } from "vitest";
import { splitLines } from "../src/lines.ts";

async function* inChunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function linesOf(text: string, size: number, maxBytes?: number): Promise<object[]> {
  const lines = [];
  for await (const { bytes, ...line } of splitLines(inChunks(text, size), { maxBytes })) lines.push({ ...line, text: bytes.toString("utf8") });
  return lines;
}

describe("splitLines", () => {
  it.each([1, 2, 3, 5, 100])("finds the same lines and their bytes in chunks of %i", async (size) => {
    expect(await linesOf("é\n\nlong\u2028er\nlast", size)).toEqual([
      { number: 1, offset: 0, text: "é", whole: true },
      { number: 2, offset: 3, text: "", whole: true },
      { number: 3, offset: 4, text: "long\u2028er", whole: true },
      { number: 4, offset: 14, text: "last", whole: false },
    ]);
  });

  it("has nothing after a last newline, and nothing in an empty file", async () => {
    expect(await linesOf("a\n", 1)).toHaveLength(1);
    expect(await linesOf("", 1)).toEqual([]);
  });

  it("refuses a line that outgrows the limit", async () => {
    const mebibyte = 1024 * 1024;
    await expect(linesOf(`short\n${"x".repeat(2 * mebibyte)}\n`, 65_536, mebibyte)).rejects.toThrow("line 2 is longer than 1 MiB");
  });
});
