import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { Unzip, type UnzipDecoder } from "fflate";

const STORED = 0;
const DEFLATED = 8;

/** Hands a member's bytes on as they stand in the archive: inflating is left to zlib, which is native and off this thread. */
function passThrough(compression: number) {
  return class implements UnzipDecoder {
    static readonly compression = compression;
    ondata: UnzipDecoder["ondata"] = () => {};
    push(data: Uint8Array<ArrayBuffer>, final: boolean): void {
      this.ondata(null, data, final);
    }
  };
}

/** The unpacked bytes of one member of a zip archive, streamed. Throws if the archive has no such member. */
export async function* readZipMember(archive: string, member: string): AsyncGenerator<Uint8Array> {
  const found = await findMember(archive, member);
  const raw = Readable.from(found.chunks, { objectMode: false });
  if (found.compression === STORED) {
    yield* raw as AsyncIterable<Uint8Array>;
    return;
  }
  const inflate = createInflateRaw({ chunkSize: 1 << 18 });
  raw.on("error", (error) => inflate.destroy(error));
  try {
    yield* raw.pipe(inflate) as AsyncIterable<Uint8Array>;
  } finally {
    raw.destroy();
    inflate.destroy();
  }
}

async function findMember(archive: string, member: string): Promise<{ compression: number; chunks: AsyncGenerator<Uint8Array> }> {
  const chunks = memberChunks(archive, member);
  const first = await chunks.next();
  if (first.done) throw new Error(`${archive} holds no ${member}`);
  return { compression: first.value.compression, chunks: dataOf(first.value, chunks) };
}

interface RawChunk {
  readonly compression: number;
  readonly data: Uint8Array;
}

async function* dataOf(first: RawChunk, rest: AsyncGenerator<RawChunk>): AsyncGenerator<Uint8Array> {
  yield first.data;
  for await (const { data } of rest) yield data;
}

async function* memberChunks(archive: string, member: string): AsyncGenerator<RawChunk> {
  const ready: RawChunk[] = [];
  let failure: Error | undefined;
  let complete = false;
  let started = false;
  const unzip = new Unzip((file) => {
    if (file.name !== member) return;
    started = true;
    file.ondata = (error, data, final) => {
      failure ??= error ?? undefined;
      if (data?.length) ready.push({ compression: file.compression, data });
      complete ||= final;
    };
    file.start();
  });
  unzip.register(passThrough(STORED));
  unzip.register(passThrough(DEFLATED));
  const input = createReadStream(archive, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array<ArrayBuffer>>;
  for await (const chunk of input) {
    unzip.push(chunk);
    if (failure) throw failure;
    yield* ready.splice(0);
    if (complete) return;
  }
  if (started && !complete) throw new Error(`${archive} ends in the middle of ${member}`);
}
