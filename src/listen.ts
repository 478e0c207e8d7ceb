import type { AddressInfo, Server } from "node:net";
import { ApprenticeError, messageOf } from "./errors.ts";

/**
 * Has a server listen (port 0: any free one), and tells where, e.g. `http://127.0.0.1:8000`.
 *
 * @throws ApprenticeError `port_taken`; `host_unavailable`.
 */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE" || error.code === "EACCES";
      reject(
        taken
          ? new ApprenticeError("port_taken", `Port ${port} cannot be had: give another with --port, or 0 for any.`, { cause: error })
          : new ApprenticeError("host_unavailable", `${host} is no address of this machine (${error.code ?? messageOf(error)}): give another with --host.`, { cause: error }),
      );
    });
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${actual}`;
}
