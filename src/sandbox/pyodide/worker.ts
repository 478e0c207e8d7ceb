/** Entry of the worker thread: boots, seals, then serves one session. */

import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { boot, seal, warmUp } from "./boot.ts";
import { connect } from "./bridge.ts";
import { DeniedImport, type Gate } from "./gate.ts";
import type { FatalReason, FromWorker, ToWorker, WorkerData, WorkerStart } from "./protocol.ts";

const host = parentPort;
if (!host) throw new Error("This file only runs as a worker.");

const arriving = once(host, "message") as Promise<[WorkerData]>;
await warmUp((workerData as WorkerStart).pyodideFolder);
const [data] = await arriving;

const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => host.postMessage(message, transfer);

const booted = await boot(data);
if (data.purpose === "snapshot") {
  const bytes = booted.pyodide.makeMemorySnapshot();
  send({ type: "snapshot", bytes }, [bytes.buffer as ArrayBuffer]);
} else {
  const { native, gate } = booted;
  native.useModule("_apprentice");
  const nextAction = connect(booted, data, send);
  seal(booted, data);
  const calls = {
    configure: native.callable("configure"),
    run: native.callable("run"),
    check: native.callable("check"),
  };
  host.on("message", (message: ToWorker) => {
    nextAction();
    gate.memoryExceeded = false;
    try {
      const text = message.type === "configure" ? JSON.stringify(message) : message.source;
      send({ type: "done", result: calls[message.type](text) ?? "" });
    } catch (error) {
      send({ type: "fatal", reason: reasonOf(error, gate), message: String(error).slice(0, 500) });
    }
  });
  send({ type: "ready" });
}

function reasonOf(error: unknown, gate: Gate): FatalReason {
  if (error instanceof DeniedImport || gate.denied.length > 0) return "denied";
  if (error instanceof RangeError) return "stack";
  return gate.memoryExceeded ? "memory" : "crash";
}
