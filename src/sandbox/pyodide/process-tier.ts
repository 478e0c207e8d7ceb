/** Interpreters in sealed processes: Node's permission model around them and, where it is installed, bubblewrap. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { packageRoot } from "../../package-root.ts";
import { entryFile, type Image, pyodideFolder } from "./image.ts";
import { openInterruptFile } from "./interrupt-file.ts";
import { parseFromProcess } from "./process-check.ts";
import { checkPermissionModel, findBubblewrap, launch } from "./process-launch.ts";
import type { FromProcess, ToProcess } from "./process-messages.ts";
import type { BootData, Request, ToolReply } from "./protocol.ts";
import type { HostEvents, Tier, Transport } from "./transport.ts";
import { encodeFrame, frameReader } from "./wire.ts";

/** Throws `isolation_unavailable`. */
export function processTier(): Tier<"process" | "process-bubblewrap"> {
  checkPermissionModel();
  const bubblewrap = findBubblewrap();
  return { name: bubblewrap === undefined ? "process" : "process-bubblewrap", start: (host) => new ProcessTransport(host, bubblewrap) };
}

const stderrChars = 2000;

class ProcessTransport implements Transport {
  readonly #host: HostEvents;
  readonly #process: ChildProcess;
  readonly #channel: Socket;
  readonly #interruptFile: number;
  #interruptFileOpen = true;
  #stderr = "";
  /** Runs so far. */
  #runs = 0;
  #output: Uint8Array[] = [];
  #outputLeft = 0;
  #droppedBytes = 0;

  constructor(host: HostEvents, bubblewrap: string | undefined) {
    this.#host = host;
    const entry = entryFile("process");
    const { command, args } = launch({
      entry,
      args: [pyodideFolder()],
      readable: [dirname(entry), join(packageRoot(), "package.json"), pyodideFolder()],
      bubblewrap,
    });
    const { writable, readable } = openInterruptFile();
    this.#interruptFile = writable;
    this.#process = spawn(command, args, {
      cwd: "/",
      env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] } : {},
      stdio: ["ignore", "ignore", "pipe", "pipe", readable],
      windowsHide: true,
    });
    closeSync(readable);
    killWithHost(this.#process);
    this.#channel = this.#process.stdio[3] as Socket;
    this.#listen();
  }

  boot({ wheels, snapshot }: Image, purpose: Pick<BootData, "purpose" | "start">): void {
    this.#send({ type: "boot", data: { ...purpose, wheels, ...(snapshot && { snapshot }) } });
  }

  send(message: Request | ToolReply): void {
    if (message.type === "run") {
      this.#runs += 1;
      this.#output = [];
      this.#outputLeft = message.outputBytes;
      this.#droppedBytes = 0;
    }
    this.#send(message);
  }

  interrupt(): void {
    if (!this.#interruptFileOpen) return;
    const run = Buffer.alloc(4);
    run.writeUInt32LE(this.#runs);
    writeSync(this.#interruptFile, run, 0, run.length, 0);
  }

  output(): { readonly bytes: Uint8Array; readonly droppedBytes: number } {
    return { bytes: Buffer.concat(this.#output), droppedBytes: this.#droppedBytes };
  }

  keepAlive(wanted: boolean): void {
    const change = wanted ? "ref" : "unref";
    this.#process[change]();
    this.#channel[change]();
  }

  async end(): Promise<void> {
    if (this.#interruptFileOpen) closeSync(this.#interruptFile);
    this.#interruptFileOpen = false;
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.ref();
    this.#process.kill("SIGKILL");
    await exited;
  }

  #listen(): void {
    const read = frameReader((message) => this.#receive(parseFromProcess(message)));
    this.#channel.on("data", (piece: Buffer) => {
      try {
        read(piece);
      } catch (error) {
        this.#host.ended("crash", `it sent what is no message: ${messageOf(error).slice(0, 200)}`);
        this.#process.kill("SIGKILL");
      }
    });
    // It ends in "close" below.
    this.#channel.on("error", () => {});
    const stderr = this.#process.stderr as Socket;
    stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr = (this.#stderr + text).slice(-stderrChars)));
    stderr.unref();
    this.#process.on("error", (error) => this.#host.ended("crash", error.message));
    this.#process.on("close", () => this.#host.ended(/heap out of memory/.test(this.#stderr) ? "memory" : "crash", explain(this.#stderr)));
  }

  #receive(message: FromProcess): void {
    if (message.type === "output") {
      const kept = message.bytes.subarray(0, this.#outputLeft);
      this.#outputLeft -= kept.length;
      this.#output.push(kept);
      this.#droppedBytes = message.droppedBytes;
      return;
    }
    this.#host.message(message);
  }

  #send(message: ToProcess): void {
    if (!this.#channel.writable) return;
    this.#channel.cork();
    for (const piece of encodeFrame(message)) this.#channel.write(piece);
    this.#channel.uncork();
  }
}

function explain(stderr: string): string {
  const lines = stderr.trim().split("\n");
  // Node shows a piece of source before the error itself.
  const line = lines.find((each) => /^(bwrap|[A-Za-z]*Error\b.*):/.test(each)) ?? lines.at(-1) ?? "";
  if (!line.startsWith("bwrap:")) return `its process ended${line && ` (${line})`}`;
  return `bubblewrap is installed but refused here (${line}): allow unprivileged user namespaces or, where something else keeps this process apart already, leave bwrap out of PATH`;
}

const running = new Set<ChildProcess>();

function killWithHost(child: ChildProcess): void {
  if (running.size === 0) process.on("exit", killAll);
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", killAll);
  });
}

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}
