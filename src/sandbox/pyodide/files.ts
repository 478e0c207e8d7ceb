/** Files live in the worker's memory, outside Python's heap: they get a limit of their own. */

/** A file, folder, link or device of Emscripten's file system. */
export interface FileNode {
  readonly id: number;
  name: string;
  parent: FileNode;
  mode: number;
  readonly rdev: number;
  atime: number;
  mtime: number;
  ctime: number;
  contents?: Uint8Array | Record<string, unknown>;
  usedBytes: number;
  link?: string;
  readonly stream_ops: object;
  readonly name_next?: FileNode | undefined;
}

/** An open file descriptor. */
export interface FileStream {
  readonly fd: number;
  readonly node: FileNode;
  readonly path: string;
  shared: { readonly flags: number; readonly position: number };
}

type Write = (stream: FileStream, data: Uint8Array, offset: number, length: number, position: number, canOwn?: boolean) => number;

interface Operations {
  readonly node: object;
  readonly stream: object;
}

/** The parts of Emscripten's file system that are used. */
export interface FileSystem {
  readonly root: FileNode;
  readonly streams: (FileStream | null | undefined)[];
  nameTable: (FileNode | undefined)[];
  nextInode: number;
  currentPath: string;
  readonly filesystems: {
    readonly MEMFS: {
      readonly ops_table: {
        readonly dir: {
          readonly node: {
            mknod(parent: FileNode, name: string, mode: number, device: number): FileNode;
            symlink(parent: FileNode, name: string, target: string): FileNode;
            rename(node: FileNode, folder: FileNode, name: string): void;
          };
          readonly stream: object;
        };
        readonly link: Operations;
        readonly file: {
          readonly node: { setattr(node: FileNode, attributes: { size?: number }): void };
          readonly stream: { write: Write };
        };
      };
    };
  };
  readonly FSNode: new (parent: FileNode, name: string, mode: number, device: number) => FileNode;
  readonly FSStream: new () => object;
  readonly ErrnoError: new (code: number) => Error;
  hashAddNode(node: FileNode): void;
  isChrdev(mode: number): boolean;
  getDevice(device: number): { readonly stream_ops: object };
}

const noSpaceLeft = 51;

/** What a file, folder or link takes beside what is in it: it is copied with every state. */
const entryBytes = 512;

/**
 * Beyond the limit, writes fail with "No space left on device". The files that are there now do not count; of new ones, names and
 * links do.
 * Give what it returns the limit, in bytes, before each action.
 */
export function limitFiles(fs: FileSystem): (limitBytes: number) => void {
  const { node: nodes, stream: streams } = fs.filesystems.MEMFS.ops_table.file;
  const { node: folders } = fs.filesystems.MEMFS.ops_table.dir;
  const { setattr } = nodes;
  const { mknod, symlink, rename } = folders;
  const { write } = streams;
  const initial = new Set(filesOf(fs).map(({ contents }) => contents));
  const firstNew = fs.nextInode;
  const entryOf = ({ id, name, link = "" }: FileNode): number => (id < firstNew ? 0 : entryBytes + name.length + link.length);
  const usedBytes = (): number => filesOf(fs).reduce((sum, node) => sum + entryOf(node) + (initial.has(node.contents) ? 0 : bytesOf(node)), 0);
  let limit = Infinity;
  // Bytes that may still be taken without counting again.
  let left = 0;

  const claim = (bytes: number): void => {
    if (bytes > left) left = limit - usedBytes();
    if (bytes > left) throw new fs.ErrnoError(noSpaceLeft);
    left -= Math.max(0, bytes);
  };
  const take = (node: FileNode, size: number): void => claim(isShared(node) ? Math.max(size, bytesOf(node)) : size - bytesOf(node));
  folders.mknod = (parent, name, mode, device) => {
    claim(entryBytes + name.length);
    return mknod(parent, name, mode, device);
  };
  folders.symlink = (parent, name, target) => {
    claim(entryBytes + name.length + target.length);
    return symlink(parent, name, target);
  };
  folders.rename = (node, folder, name) => {
    claim(name.length);
    rename(node, folder, name);
  };
  nodes.setattr = (node, attributes) => {
    if (attributes.size !== undefined) take(node, attributes.size);
    setattr(node, attributes);
  };
  streams.write = (stream, data, offset, length, position) => {
    const { node } = stream;
    take(node, position + length);
    // Shared by all workers: whoever writes gets a copy.
    if (isShared(node)) node.contents = new Uint8Array(node.contents as Uint8Array);
    const before = bytesOf(node);
    const written = write(stream, data, offset, length, position, false);
    // MEMFS takes more than asked, to grow seldom.
    left -= Math.max(0, bytesOf(node) - Math.max(before, position + length));
    return written;
  };
  return (limitBytes) => {
    limit = limitBytes;
    left = 0;
  };
}

function filesOf(fs: FileSystem): FileNode[] {
  const nodes = new Set<FileNode>();
  // A removed file lives on while it is open.
  const found = [fs.root, ...fs.streams.flatMap((stream) => stream?.node ?? [])];
  for (let node = found.pop(); node; node = found.pop()) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    if (node.contents && !ArrayBuffer.isView(node.contents)) found.push(...(Object.values(node.contents) as FileNode[]));
  }
  return [...nodes];
}

function bytesOf({ contents }: FileNode): number {
  return ArrayBuffer.isView(contents) ? contents.byteLength : 0;
}

export function isShared({ contents }: FileNode): boolean {
  return ArrayBuffer.isView(contents) && contents.buffer instanceof SharedArrayBuffer;
}
