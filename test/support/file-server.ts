import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FileServer {
  readonly url: string;
  /** The `Range` header of each request, or `undefined` for a whole file. */
  readonly ranges: (string | undefined)[];
  close(): Promise<void>;
}

/**
 * Serves one file at every address over real HTTP, with byte ranges. `breakAfter`: the first answer breaks off after so
 * many bytes. `ranges: false`: a server that does not know them.
 */
export async function serveFile(content: Buffer, options: { breakAfter?: number; ranges?: boolean; headers?: Record<string, string> } = {}): Promise<FileServer> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (request.method === "GET") ranges.push(request.headers.range);
    const start = options.ranges === false ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    const body = content.subarray(Number(start ?? 0));
    response.writeHead(start === undefined ? 200 : 206, {
      ...options.headers,
      "content-length": body.length,
      ...(start !== undefined && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (request.method === "HEAD") response.end();
    else if (options.breakAfter !== undefined && ranges.length === 1) {
      response.write(body.subarray(0, options.breakAfter), () => setTimeout(() => response.destroy(), 50));
    } else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ranges,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
