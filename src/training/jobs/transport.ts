import { spawn, type SpawnOptions } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { ApprenticeError } from "../../errors.ts";
import { quote } from "./backend.ts";
import type { Job } from "./folder.ts";

/** The machine on which a scheduler is told what to do. */
export interface Transport {
  /** The job's folder there, ready for a shell. */
  folder(job: Job): string;
  /** Runs a POSIX shell script and gives what it printed. Throws `command_failed`, or `connection_lost` when it may not have been run. */
  sh(script: string): Promise<string>;
  push(job: Job): Promise<void>;
  pull(job: Job, names: readonly string[]): Promise<void>;
}

/** This machine, or one that sees the same files. */
export const here: Transport = {
  folder: (job) => quote(job.folder),
  // A group of its own, so that an interrupt at the terminal does not reach what is started.
  sh: (script) => run("sh", ["-s"], { detached: true }, script),
  push: async () => undefined,
  pull: async () => undefined,
};

export interface SshOptions {
  /** `user@host`, or a name from the ssh configuration. */
  readonly host: string;
  /** Folder for jobs there; relative to the home folder. Default: `apprentice-jobs`. */
  readonly root?: string;
  /** More arguments for ssh, e.g. `["-p", "2222"]`. Default: none. */
  readonly args?: readonly string[];
}

/** A machine reached by the ssh client, with the user's own configuration and keys. Files go through tar. */
export function ssh({ host, root = "apprentice-jobs", args = [] }: SshOptions): Transport {
  if (host.startsWith("-")) throw new ApprenticeError("option_invalid", `"${host}" is no host.`);
  const connect = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15", ...args, host];
  const folder = (job: Job) => quote(`${root}/${job.spec.id}`);
  const sh = (script: string) => run("ssh", [...connect, "sh", "-s"], {}, script);
  return {
    folder,
    sh,
    async push(job) {
      const there = folder(job);
      const send = (files: string, receive: string) => run("sh", ["-c", `cd ${quote(job.folder)} && tar -chf - ${files} | ssh ${[...connect, receive].map(quote).join(" ")}`], {});
      const isThere = (await sh(`test -e ${there}/job.json && echo there || true`)).trim() === "there";
      // What may differ between attempts goes each time.
      if (isThere) await send("job.json $(ls -d python 2>/dev/null)", `rm -f ${there}/python && tar -xf - -C ${there}`);
      // Links, such as the one to the model's file, are followed; a name is given only to what is whole.
      else await send("data runner run.sh job.json processes $(ls -d python model 2>/dev/null)", `rm -rf ${there}.part && mkdir -p ${there}.part && tar -xf - -C ${there}.part && mv ${there}.part ${there}`);
    },
    async pull(job, names) {
      await mkdir(job.folder, { recursive: true });
      const send = `cd ${folder(job)} && tar -cf - $(ls -d ${names.join(" ")} 2>/dev/null)`;
      await run("sh", ["-c", `ssh ${[...connect, send].map(quote).join(" ")} | tar -xf - -C ${quote(job.folder)}`], {});
    },
  };
}

/** The status of an ssh client that could not connect, or lost the connection. */
export const LOST = 255;

async function run(command: string, args: readonly string[], options: SpawnOptions, input = ""): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  const [code, out, err] = await Promise.all([
    ended.catch((error: Error) => {
      throw new ApprenticeError("command_failed", `${command} cannot be started: ${error.message}`, { cause: error });
    }),
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
  ]);
  if (code === 0) return out;
  const why = err.trim().split("\n").at(-1) ?? "";
  throw new ApprenticeError(code === LOST ? "connection_lost" : "command_failed", `${command} ended with ${code}: ${why}`);
}
