import { once } from "node:events";
import type { Command } from "commander";
import { llama } from "../model/llama/index.ts";
import { findAdapter } from "../training/adapters/folder.ts";
import { collect, portNumber, printJson, wholeNumber } from "./options.ts";
import { downloadBar } from "./terminal/download-bar.ts";

const keyVariable = "APPRENTICE_API_KEY";

interface ServeCommandOptions {
  readonly adapter?: string[];
  readonly port: number;
  readonly host: string;
  readonly sequences: number;
  readonly contextSize?: number;
  readonly threads?: number;
  readonly maxRequests?: number;
  readonly grace: number;
  readonly json?: boolean;
}

export function modelsServeCommand(models: Command, signal: AbortSignal): void {
  models
    .command("serve")
    .description("serve one by OpenAI's protocol, until interrupted")
    .argument("<name>", "a catalogue name, a .gguf file, or hf:owner/repo/file.gguf")
    .option("--adapter <path>", "LoRA adapter for the model, a .gguf file or a folder with one; may be given several times", collect)
    .option("--port <n>", "0 is any free one", portNumber, 8000)
    .option("--host <address>", "0.0.0.0 lets other machines in", "127.0.0.1")
    .option("--sequences <n>", "conversations and samples written at once", wholeNumber, 4)
    .option("--context-size <n>", "tokens of each with its conversation (default: at most 8192)", wholeNumber)
    .option("--threads <n>", "default: $APPRENTICE_THREADS, else the physical cores", wholeNumber)
    .option("--max-requests <n>", "requests at once, beyond which 429 is answered (default: 64)", wholeNumber)
    .option("--grace <seconds>", "time for requests under way when interrupted", wholeNumber, 30)
    .option("--json", "one JSON line once it serves")
    .addHelpText("after", `\nWith ${keyVariable} set, requests must bring that key.\n\nExample:\n  apprentice models serve qwen2.5-coder-0.5b --port 8000`)
    .action((name: string, options: ServeCommandOptions) => serve(name, options, signal));
}

async function serve(name: string, options: ServeCommandOptions, signal: AbortSignal): Promise<void> {
  const { adapter: adapters = [], port, host, sequences, contextSize, threads, maxRequests } = options;
  const { serveModel } = await import("../serve/index.ts");
  const apiKey = process.env[keyVariable];
  const bar = downloadBar(name);
  const model = await llama({
    model: name,
    adapters: await Promise.all(adapters.map(findAdapter)),
    sequences,
    ...(contextSize !== undefined && { contextSize }),
    ...(threads !== undefined && { threads }),
    onProgress: bar.onProgress,
    signal,
  }).finally(() => bar.stop());
  const server = await serveModel({
    model,
    port,
    host,
    tokenText: (token) => model.detokenize([token]),
    ...(apiKey !== undefined && apiKey !== "" && { apiKey }),
    ...(maxRequests !== undefined && { maxRequests }),
  });
  if (options.json) printJson({ model: model.id, baseURL: server.baseURL });
  else process.stderr.write(`${model.id} is served at ${server.baseURL} until interrupted.\n`);
  if (!signal.aborted) await once(signal, "abort");
  if (!options.json) process.stderr.write("Finishing what is under way; interrupt again to stop at once.\n");
  await server.close(options.grace * 1000);
  await model.dispose();
}
