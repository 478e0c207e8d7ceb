/** An interpreter from inside, on any tier: boots, seals, then does what the host asks, one thing at a time. */

import { boot, memoryOf, seal, type BootFiles } from "./boot.ts";
import { connect } from "./bridge.ts";
import { DeniedImport, type Gate } from "./gate.ts";
import { Machine } from "./machine.ts";
import type { BootData, Reply, Request } from "./protocol.ts";
import type { HostLink } from "./transport.ts";

/** What the sandbox's own work in Python may take. */
const ownBytes = 64 * 2 ** 20;

/** Ends when the interpreter is beyond use. */
export async function serve(link: HostLink, data: BootData, files: BootFiles): Promise<void> {
  const booted = await boot(data, files);
  const { native, gate, pyodide } = booted;
  if (data.purpose === "snapshot") {
    link.send({ type: "snapshot", bytes: pyodide.makeMemorySnapshot() });
    return;
  }
  native.useModule("_apprentice");
  const begin = connect(booted, link);
  const calls = { configure: native.callable("configure"), run: native.callable("run"), check: native.callable("check") };
  const limitFiles = seal(booted);
  const machine = new Machine({ module: pyodide._module, fs: pyodide.FS, gate }, data.snapshot && memoryOf(data.snapshot), data.start);
  link.send({ type: "ready", ...(!data.start && { start: machine.start }) });

  const done = (result = ""): Reply => ({ type: "done", result, heapBytes: machine.heapBytes });
  const answer = (request: Request): Reply => {
    switch (request.type) {
      case "capture":
        return { type: "captured", state: machine.capture(), heapBytes: machine.heapBytes };
      case "swap":
        return { type: "captured", state: machine.swap(request.target), heapBytes: machine.heapBytes };
      case "restore":
        machine.restore(request.target);
        return { type: "restored", heapBytes: machine.heapBytes };
      case "run":
        begin(request);
        gate.memoryBytes = request.memoryBytes;
        gate.lagMs = request.startedAt === undefined ? 0 : Math.max(0, Date.now() - request.startedAt);
        limitFiles(request.memoryBytes);
        return done(calls.run(request.source));
      case "check":
        gate.memoryBytes = machine.heapBytes + ownBytes;
        return done(calls.check(request.source));
      case "configure":
        gate.memoryBytes = machine.heapBytes + ownBytes;
        gate.entropy = { seed: request.seed, block: 0 };
        return done(calls.configure(JSON.stringify(request)));
    }
  };

  for (;;) {
    const request = link.receive() as Request;
    gate.memoryExceeded = false;
    let reply: Reply;
    try {
      reply = answer(request);
    } catch (error) {
      reply = failure(error, gate);
    }
    link.send(reply);
    if (reply.type === "fatal") return;
  }
}

function failure(error: unknown, gate: Gate): Reply {
  const message = String(error).slice(0, 500);
  if (error instanceof DeniedImport || gate.denied.length > 0) return { type: "fatal", reason: "denied", message };
  if (error instanceof RangeError) return { type: "trapped", reason: "stack", message };
  if (gate.memoryExceeded) return { type: "trapped", reason: "memory", message };
  return { type: "fatal", reason: "crash", message };
}
