import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Token } from "node-llama-cpp";
import { z } from "zod";
import { ApprenticeError } from "../../errors.ts";
import { pullModel } from "../../model/catalogue/pull.ts";
import { loadWeights } from "../../model/llama/load.ts";
import { loadLlama } from "../../model/llama/peer.ts";
import { findAdapter } from "./folder.ts";

const checkSchema = z.array(
  z.object({ input_ids: z.array(z.number()), at: z.array(z.number()), best: z.array(z.number()), logprobs: z.array(z.number()) }),
);

/** An answer holds the whole vocabulary, several megabytes of it: a row's together would fill the heap. */
const tokensAtOnce = 16;

const asked = { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } } as const;
type AskedToken = [Token, typeof asked];

export interface AdapterCheck {
  /** Tokens compared. */
  readonly tokens: number;
  /** Share of them for which torch and llama.cpp find the same token likeliest. */
  readonly agreement: number;
  /** Mean difference of the log-probability of the token that came, in nats. */
  readonly meanDifference: number;
}

/**
 * Holds llama.cpp with the GGUF adapter against what torch said at the end of training, on the same tokens (`check.json`).
 * A quantised base differs a little: llama.cpp rounds activations, too.
 *
 * @param model The base model, as for `openModel`.
 * @throws ApprenticeError `adapter_unreadable`; those of `pullModel`.
 */
export async function checkAdapter(model: string, adapter: string, options: { readonly signal?: AbortSignal } = {}): Promise<AdapterCheck> {
  const file = await findAdapter(adapter);
  const path = join(dirname(file), "check.json");
  const checks = checkSchema.parse(JSON.parse(await readFile(path, "utf8").catch(() => fail(path))));
  const runtime = await loadLlama(false);
  const weights = await loadWeights(runtime, await pullModel(model, options), options.signal);
  try {
    const contextSize = Math.max(...checks.map(({ input_ids }) => input_ids.length)) + 1;
    const context = await weights.createContext({ contextSize, lora: { adapters: [{ filePath: file }] } });
    const sequence = context.getSequence();
    let [tokens, agreeing, difference] = [0, 0, 0];
    for (const { input_ids: ids, at, best, logprobs } of checks) {
      await sequence.clearHistory();
      const places = new Map(at.map((place, index) => [place, index]));
      for (let from = 0; from < ids.length; from += tokensAtOnce) {
        options.signal?.throwIfAborted();
        const input = ids.slice(from, from + tokensAtOnce).map((id, offset): Token | AskedToken => (places.has(from + offset) ? [id as Token, asked] : (id as Token)));
        const output = await sequence.controlledEvaluate(input);
        for (const [offset, { next } = {}] of output.entries()) {
          const index = places.get(from + offset);
          if (index === undefined || !next?.probabilities) continue;
          tokens += 1;
          agreeing += Number(next.probabilities.keys().next().value === best[index]);
          const came = ids[from + offset + 1] as Token;
          difference += Math.abs(Math.log(next.probabilities.get(came) ?? Number.MIN_VALUE) - (logprobs[index] ?? 0));
        }
      }
    }
    return { tokens, agreement: agreeing / tokens, meanDifference: difference / tokens };
  } finally {
    await weights.dispose();
  }
}

function fail(path: string): never {
  throw new ApprenticeError("adapter_unreadable", `There is no ${path}: only adapters that apprentice trained can be checked.`);
}
