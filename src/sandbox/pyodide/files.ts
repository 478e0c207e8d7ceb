/** Files live in the worker's memory, outside Python's heap: they get a limit of their own. */

interface FileNode {
  contents?: Uint8Array | { readonly [name: string]: FileNode };
}

interface FileStream {
  readonly node: FileNode;
}

type Write = (stream: FileStream, data: Uint8Array, offset: number, length: number, position: number, canOwn?: boolean) => number;

/** The parts of Emscripten's file system that are used. */
export interface FileSystem {
  readonly root: FileNode;
  readonly streams: readonly (FileStream | null | undefined)[];
  readonly filesystems: {
    readonly MEMFS: {
      readonly ops_table: {
        readonly file: {
          readonly node: { setattr(node: FileNode, attributes: { size?: number }): void };
          readonly stream: { write: Write };
        };
      };
    };
  };
  readonly ErrnoError: new (code: number) => Error;
}

const noSpaceLeft = 51;

/** Beyond `limitBytes` in all, writes fail with "No space left on device". */
export function limitFiles(fs: FileSystem, limitBytes: number): void {
  const { node: nodes, stream: streams } = fs.filesystems.MEMFS.ops_table.file;
  const { setattr } = nodes;
  const { write } = streams;
  // Bytes that may still be taken without counting again.
  let left = limitBytes;

  const take = (node: FileNode, size: number): void => {
    const more = size - bytesOf(node);
    if (more > left) left = limitBytes - usedBytes(fs);
    if (more > left) throw new fs.ErrnoError(noSpaceLeft);
    left -= Math.max(0, more);
  };
  nodes.setattr = (node, attributes) => {
    if (attributes.size !== undefined) take(node, attributes.size);
    setattr(node, attributes);
  };
  streams.write = (stream, data, offset, length, position) => {
    const { node } = stream;
    take(node, position + length);
    // Wheels are shared by all workers: whoever writes gets a copy.
    if (isShared(node)) node.contents = new Uint8Array(node.contents as Uint8Array);
    const before = bytesOf(node);
    const written = write(stream, data, offset, length, position, false);
    // MEMFS takes more than asked, to grow seldom.
    left -= Math.max(0, bytesOf(node) - Math.max(before, position + length));
    return written;
  };
}

function usedBytes(fs: FileSystem): number {
  const nodes = new Set<FileNode>();
  // A removed file lives on while it is open.
  const found = [fs.root, ...fs.streams.flatMap((stream) => stream?.node ?? [])];
  for (let node = found.pop(); node; node = found.pop()) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    if (node.contents && !ArrayBuffer.isView(node.contents)) found.push(...Object.values(node.contents as Record<string, FileNode>));
  }
  let sum = 0;
  for (const node of nodes) if (!isShared(node)) sum += bytesOf(node);
  return sum;
}

function bytesOf({ contents }: FileNode): number {
  return ArrayBuffer.isView(contents) ? contents.byteLength : 0;
}

function isShared({ contents }: FileNode): boolean {
  return ArrayBuffer.isView(contents) && contents.buffer instanceof SharedArrayBuffer;
}
