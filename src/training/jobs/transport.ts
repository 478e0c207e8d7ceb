import { spawn } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { ApprenticeError } from "../../errors.ts";
import { quote } from "./backend.ts";
import { exists, type Job } from "./folder.ts";

/** The machine on which a scheduler is told what to do. */
export interface Transport {
  /** The job's folder there, ready for a shell. */
  folder(job: Job): string;
  /** Runs a POSIX shell script and gives what it printed. Throws `command_failed`, or `connection_lost` when it may not have been run. */
  sh(script: string, signal?: AbortSignal): Promise<string>;
  push(job: Job, signal?: AbortSignal): Promise<void>;
  pull(job: Job, names: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** This machine, or one that sees the same files. */
export const here: Transport = {
  folder: (job) => quote(job.folder),
  sh: (script, signal) => run("sh", ["-s"], { input: script, signal }),
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
  const sh = (script: string, signal?: AbortSignal) => run("ssh", [...connect, "sh", "-s"], { input: script, signal });
  return {
    folder,
    sh,
    async push(job, signal) {
      const there = folder(job);
      const send = async (names: readonly string[], receive: string) => {
        const present = await Promise.all(names.map((name) => exists(join(job.folder, name))));
        // Links, such as the one to the model's file, are followed.
        const tar = spawn("tar", ["-chf", "-", "-C", job.folder, ...names.filter((_, index) => present[index])], { stdio: ["ignore", "pipe", "ignore"] });
        const status = new Promise<number>((resolve) => tar.on("error", () => resolve(1)).on("close", (code) => resolve(code ?? 1)));
        try {
          await run("ssh", [...connect, receive], { input: tar.stdout, signal });
          if ((await status) !== 0) throw new ApprenticeError("file_unreadable", `Not all of ${job.folder} could be read to be sent: a link in it may lead nowhere.`);
        } finally {
          tar.kill();
        }
      };
      const isThere = (await sh(`test -e ${there}/job.json && echo there || true`, signal)).trim() === "there";
      // What may differ between attempts goes each time.
      if (isThere) {
        await send(["job.json", "python"], `rm -f ${there}/python && tar -xf - -C ${there}`);
      } else {
        // A name is given only to what is whole.
        await send(["data", "runner", "run.sh", "job.json", "processes", "python", "model"], `rm -rf ${there}.part && mkdir -p ${there}.part && tar -xf - -C ${there}.part`);
        await sh(`mv ${there}.part ${there}`, signal);
      }
    },
    async pull(job, names, signal) {
      await mkdir(job.folder, { recursive: true });
      // Two processes may look at one job.
      const path = join(job.folder, `pulled.${process.pid}.tar`);
      const file = await open(path, "w");
      // 1 is tar's status for a file that grew while it was read.
      const send = `cd ${folder(job)} && { tar -cf - $(ls -d ${names.join(" ")} 2>/dev/null) || test $? -eq 1; }`;
      try {
        await run("ssh", [...connect, send], { output: file.fd, signal });
        await run("tar", ["-xf", path, "-C", job.folder], { signal });
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
    },
  };
}

/** The status of an ssh client that could not connect, or lost the connection. */
export const LOST = 255;

interface RunOptions {
  readonly input?: string | Readable;
  /** A file for what it prints. Default: it is returned. */
  readonly output?: number;
  readonly signal: AbortSignal | undefined;
}

/** In a group of its own, so that an interrupt at the terminal does not reach what is started. */
async function run(command: string, args: readonly string[], { input = "", output, signal }: RunOptions): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn(command, args, { detached: true, stdio: ["pipe", output ?? "pipe", "pipe"], ...(signal && { signal }) });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  if (child.stdin) pipeline(typeof input === "string" ? [input] : input, child.stdin).catch(() => undefined);
  const [code, out, err] = await Promise.all([
    ended.catch((error: Error) => {
      signal?.throwIfAborted();
      throw new ApprenticeError("command_failed", `${command} cannot be started: ${error.message}`, { cause: error });
    }),
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
  ]);
  if (code === 0) return out;
  const why = err.trim().split("\n").at(-1) ?? "";
  throw new ApprenticeError(code === LOST ? "connection_lost" : "command_failed", `${command} ended with ${code}: ${why}`);
}
