import { writeFile } from "node:fs/promises";

/** Shapes of the linear layers of the model that an adapter is for. */
export interface LayerShape {
  /** E.g. `blk.0.attn_q.weight`. */
  readonly tensor: string;
  readonly input: number;
  readonly output: number;
}

/**
 * Writes a rank-1 LoRA adapter as a GGUF file: A is all ones, B is `value` throughout, so that 0 leaves the model as it is.
 */
export async function writeLoraAdapter(path: string, architecture: string, layers: readonly LayerShape[], value: number): Promise<void> {
  const tensors = layers.flatMap(({ tensor, input, output }) => [
    { name: `${tensor}.lora_a`, shape: [input, 1], data: new Float32Array(input).fill(1) },
    { name: `${tensor}.lora_b`, shape: [1, output], data: new Float32Array(output).fill(value) },
  ]);
  const metadata = [
    [text("general.architecture"), u32(STRING), text(architecture)],
    [text("general.type"), u32(STRING), text("adapter")],
    [text("adapter.type"), u32(STRING), text("lora")],
    [text("adapter.lora.alpha"), u32(FLOAT32), f32(1)],
  ].flat();
  let offset = 0;
  const infos = tensors.flatMap(({ name, shape, data }) => {
    const info = [text(name), u32(shape.length), ...shape.map((size) => u64(size)), u32(0), u64(offset)];
    offset += aligned(data.byteLength);
    return info;
  });
  const head = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(4), ...metadata, ...infos]);
  const body = tensors.map(({ data }) => pad(Buffer.from(data.buffer)));
  await writeFile(path, Buffer.concat([pad(head), ...body]));
}

const ALIGNMENT = 32;
const FLOAT32 = 6;
const STRING = 8;

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], aligned(bytes.length));
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
