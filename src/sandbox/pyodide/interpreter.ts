/** The host's hold on one interpreter, on any tier: start, ask, interrupt, end. */

import { ApprenticeError } from "../../errors.ts";
import type { StartMemory } from "./heap.ts";
import type { Image } from "./image.ts";
import type { BootData, BootReply, FromInterpreter, Reply, Request } from "./protocol.ts";
import type { Tier, Transport } from "./transport.ts";

type Fatal = Extract<Reply, { type: "fatal" }>;

/** What Python asks for while it runs. */
export interface Listener {
  tool(request: string): void;
  final(request: string): void;
}

const bootMs = 120_000;

export class Interpreter {
  readonly #transport: Transport;
  #startMemory: StartMemory | undefined;
  #heapBytes = 0;
  #ended: Fatal | undefined;
  #pending: { resolve(reply: Reply | BootReply): void; listener: Listener | undefined } | undefined;

  private constructor(tier: Tier) {
    this.#transport = tier.start({
      message: (message) => this.#receive(message),
      ended: (reason, message) => this.#end(reason, message),
    });
  }

  /** It starts while the image is still being loaded. */
  static async start(tier: Tier, image: Promise<Image>, startMemory: Promise<StartMemory> | undefined): Promise<Interpreter> {
    const interpreter = new Interpreter(tier);
    try {
      const common = await startMemory;
      const ready = await interpreter.#boot(await image, "ready", { purpose: "session", ...(common && { start: common }) });
      interpreter.#startMemory = common ?? ready.start;
      interpreter.#heapBytes = interpreter.startMemory.changed.size;
      interpreter.#transport.keepAlive(false);
      return interpreter;
    } catch (error) {
      await interpreter.terminate();
      throw error;
    }
  }

  /** Boots once from nothing and gives the memory of the interpreter, in shared memory. */
  static async takeSnapshot(tier: Tier, image: Image): Promise<Uint8Array> {
    const interpreter = new Interpreter(tier);
    try {
      const { bytes } = await interpreter.#boot(image, "snapshot", { purpose: "snapshot" });
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      return shared;
    } finally {
      await interpreter.terminate();
    }
  }

  /** Memory that every interpreter of this sandbox starts with. */
  get startMemory(): StartMemory {
    if (!this.#startMemory) throw new Error("The first interpreter did not say what its memory is.");
    return this.#startMemory;
  }

  /** Size of Python's memory, which never shrinks. */
  get heapBytes(): number {
    return this.#heapBytes;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** One request at a time. Never rejects. */
  async ask(request: Request, listener?: Listener): Promise<Reply> {
    if (this.#ended) return this.#ended;
    this.#transport.keepAlive(true);
    const reply = await this.#answer<Reply>(() => this.#transport.send(request), listener);
    this.#transport.keepAlive(false);
    if (reply.type === "fatal") await this.terminate();
    else if (reply.type !== "trapped") this.#heapBytes = reply.heapBytes;
    return reply;
  }

  /** Raises KeyboardInterrupt in Python, soon, unless it is in a long call of C code. */
  interrupt(): void {
    this.#transport.interrupt();
  }

  /** Answers the tool request that Python waits for. */
  replyToTool(message: string): void {
    this.#transport.send({ type: "tool_reply", message });
  }

  /** What the last action printed, and how many bytes more than were kept. */
  output(): { text: string; droppedBytes: number } {
    const { bytes, droppedBytes } = this.#transport.output();
    const text = new TextDecoder().decode(bytes);
    // The cut may have split a character.
    return { text: droppedBytes > 0 ? text.replace(/\uFFFD$/, "") : text, droppedBytes };
  }

  async terminate(): Promise<void> {
    this.#end("terminated", "The interpreter was stopped.");
    await this.#transport.end();
  }

  async #boot<T extends BootReply["type"]>(image: Image, expected: T, purpose: Pick<BootData, "purpose" | "start">): Promise<Extract<BootReply, { type: T }>> {
    const timer = setTimeout(() => this.#end("terminated", `nothing happened for ${bootMs / 1000} s`), bootMs);
    const reply = this.#ended ?? (await this.#answer<Reply | BootReply>(() => this.#transport.boot(image, purpose)));
    clearTimeout(timer);
    if (reply.type === expected) return reply as Extract<BootReply, { type: T }>;
    const reason = reply.type === "fatal" ? reply.message : `it said "${reply.type}"`;
    throw new ApprenticeError("sandbox_boot_failed", `The Python sandbox did not start: ${reason}.`);
  }

  #answer<T extends Reply | BootReply>(ask: () => void, listener?: Listener): Promise<T> {
    return new Promise<Reply | BootReply>((resolve) => {
      this.#pending = { resolve, listener };
      ask();
    }) as Promise<T>;
  }

  #receive(message: FromInterpreter): void {
    // Nothing was asked: it is in other hands.
    if (!this.#pending) return void this.terminate();
    if (message.type === "tool" || message.type === "final") this.#pending?.listener?.[message.type](message.request);
    else if (message.type === "fatal") this.#end(message.reason, message.message);
    else this.#settle(message);
  }

  #end(reason: Fatal["reason"], message: string): void {
    this.#ended ??= { type: "fatal", reason, message };
    this.#settle(this.#ended);
  }

  #settle(reply: Reply | BootReply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve(reply);
  }
}
