/** The host's hold on one worker thread: start, call, interrupt, end. */

import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { ApprenticeError } from "../../errors.ts";
import { pyodideFolder, workerFile, type Image } from "./image.ts";
import { counter, type FatalReason, type FromWorker, type SharedState, type ToWorker, type WorkerData, type WorkerStart } from "./protocol.ts";

export type Reply =
  | { readonly type: "done"; readonly result: string }
  | { readonly type: "fatal"; readonly reason: FatalReason | "terminated"; readonly message: string };

/** What Python asks for while it runs. */
export interface Listener {
  tool(request: string): void;
  final(request: string): void;
}

const bootMs = 120_000;

export class Interpreter {
  readonly #worker: Worker;
  readonly #shared: SharedState;
  readonly #replies: MessagePort;
  #ended: Extract<Reply, { type: "fatal" }> | undefined;
  #pending: { resolve(reply: Reply): void; listener: Listener | undefined } | undefined;

  private constructor(worker: Worker, shared: SharedState, replies: MessagePort) {
    this.#worker = worker;
    this.#shared = shared;
    this.#replies = replies;
    worker.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error: Error & { code?: string }) =>
      this.#end(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "crash", error.message),
    );
    worker.on("exit", () => this.#end("crash", "The worker ended."));
    worker.unref();
  }

  /** The worker starts while the image is still being loaded. */
  static async start(image: Promise<Image>, limits: { memoryBytes: number; outputBytes: number }): Promise<Interpreter> {
    const { worker, shared, replies, boot } = spawn("session", limits);
    const ready = firstMessage(worker, "ready");
    ready.catch(() => {});
    try {
      boot(await image);
      await ready;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    return new Interpreter(worker, shared, replies);
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** One call at a time. Never rejects. */
  async call(message: ToWorker, listener?: Listener): Promise<Reply> {
    if (this.#ended) return this.#ended;
    this.#shared.counters[counter.outputLength] = 0;
    this.#shared.counters[counter.outputDropped] = 0;
    Atomics.store(this.#shared.interrupt, 0, 0);
    this.#worker.ref();
    const reply = await new Promise<Reply>((resolve) => {
      this.#pending = { resolve, listener };
      this.#worker.postMessage(message);
    });
    this.#worker.unref();
    if (reply.type === "fatal") await this.terminate();
    return reply;
  }

  /** Raises KeyboardInterrupt in Python, soon, unless it is in a long call of C code. */
  interrupt(): void {
    Atomics.store(this.#shared.interrupt, 0, 2);
  }

  /** Answers the tool request that Python waits for. */
  replyToTool(message: string): void {
    this.#replies.postMessage(message);
    Atomics.add(this.#shared.counters, counter.replies, 1);
    Atomics.notify(this.#shared.counters, counter.replies);
  }

  /** What the last action printed, and how many bytes more than were kept. */
  output(): { text: string; droppedBytes: number } {
    const { counters, output } = this.#shared;
    const bytes = output.slice(0, counters[counter.outputLength]);
    const droppedBytes = counters[counter.outputDropped] ?? 0;
    const text = new TextDecoder().decode(bytes);
    // The cut may have split a character.
    return { text: droppedBytes > 0 ? text.replace(/\uFFFD$/, "") : text, droppedBytes };
  }

  async terminate(): Promise<void> {
    this.#end("terminated", "The interpreter was stopped.");
    this.#replies.close();
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (message.type === "tool" || message.type === "final") this.#pending?.listener?.[message.type](message.request);
    else if (message.type === "fatal") this.#end(message.reason, message.message);
    else if (message.type === "done") this.#settle(message);
  }

  #end(reason: FatalReason | "terminated", message: string): void {
    this.#ended ??= { type: "fatal", reason, message };
    this.#settle(this.#ended);
  }

  #settle(reply: Reply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve(reply);
  }
}

/** Boots once from nothing and gives the memory of the interpreter. */
export async function takeSnapshot(image: Image): Promise<Uint8Array> {
  const { worker, boot } = spawn("snapshot", { memoryBytes: 2 ** 30, outputBytes: 0 });
  try {
    boot(image);
    const { bytes } = await firstMessage(worker, "snapshot");
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    return shared;
  } finally {
    await worker.terminate();
  }
}

function spawn(purpose: WorkerData["purpose"], limits: { memoryBytes: number; outputBytes: number }) {
  const shared: SharedState = {
    interrupt: new Uint8Array(new SharedArrayBuffer(1)),
    counters: new Int32Array(new SharedArrayBuffer(12)),
    output: new Uint8Array(new SharedArrayBuffer(limits.outputBytes)),
  };
  const { port1, port2 } = new MessageChannel();
  const start: WorkerStart = { pyodideFolder: pyodideFolder() };
  const worker = new Worker(workerFile(), {
    workerData: start,
    env: {},
    argv: [],
    execArgv: [],
    // Piped to streams that nobody reads, instead of to the host's terminal.
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 8 },
  });
  const boot = ({ wasm, wheels, snapshot }: Image): void => {
    const { memoryBytes } = limits;
    const data: WorkerData = {
      ...start, wasm, wheels, purpose, shared, replies: port2, memoryBytes,
      ...(snapshot && { snapshot }),
    };
    worker.postMessage(data, [port2]);
  };
  return { worker, shared, replies: port1, boot };
}

function firstMessage<T extends FromWorker["type"]>(worker: Worker, type: T): Promise<Extract<FromWorker, { type: T }>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      settle();
      reject(new ApprenticeError("sandbox_boot_failed", `The Python sandbox did not start: ${reason}`));
    };
    const timer = setTimeout(() => fail(`nothing happened for ${bootMs / 1000} s.`), bootMs);
    const onError = (error: Error): void => fail(error.message);
    const onExit = (): void => fail("its worker ended.");
    const settle = (): void => {
      clearTimeout(timer);
      worker.off("exit", onExit);
    };
    // It stays: an error without a listener would end the host.
    worker.on("error", onError).on("exit", onExit);
    worker.once("message", (message: FromWorker) => {
      settle();
      if (message.type === type) resolve(message as Extract<FromWorker, { type: T }>);
      else fail(`it said "${message.type}".`);
    });
  });
}
