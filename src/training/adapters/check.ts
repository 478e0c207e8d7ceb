import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from "node-llama-cpp";
import { z } from "zod";
import { ApprenticeError } from "../../errors.ts";
import { pullModel } from "../../model/catalogue/pull.ts";
import { distributionOptions, LEAST_SHARE } from "../../model/llama/distribution.ts";
import { loadWeights, openContext } from "../../model/llama/load.ts";
import { loadLlama } from "../../model/llama/peer.ts";
import { threadsWished } from "../../model/llama/wished.ts";
import type { Job } from "../jobs/folder.ts";
import { findAdapter } from "./folder.ts";

const checkSchema = z.array(
  z.object({ input_ids: z.array(z.number()), at: z.array(z.number()), best: z.array(z.number()), logprobs: z.array(z.number()) }),
);

export interface AdapterCheck {
  /** Tokens compared. */
  readonly tokens: number;
  /** Share of them for which torch and llama.cpp find the same token likeliest. */
  readonly agreement: number;
  /** Mean difference of the log-probability of the token that came, in nats. */
  readonly meanDifference: number;
}

/** Below this share of tokens on which llama.cpp and torch agree, an adapter is not what was trained. */
const LEAST_AGREEMENT = 0.8;

/** @throws ApprenticeError `adapter_mismatch`. */
export function requireAgreement({ folder }: Job, { agreement }: AdapterCheck): void {
  if (agreement >= LEAST_AGREEMENT) return;
  throw new ApprenticeError("adapter_mismatch", `${folder}: llama.cpp with the adapter does not say what torch said (agreement ${agreement.toFixed(3)}): do not use it with this model file.`);
}

/** Whether a trained job has what can be checked: a GGUF adapter (some architectures have none) for a GGUF model. */
export async function hasCheckableAdapter({ folder, spec }: Job): Promise<boolean> {
  return spec.model.kind === "gguf" && spec.hyperparameters.method === "lora" && (await access(join(folder, "artifacts", "adapter.gguf")).then(() => true, () => false));
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
  const threads = threadsWished();
  const runtime = await loadLlama(false);
  const weights = await loadWeights(runtime, await pullModel(model, options), options.signal);
  try {
    const contextSize = Math.max(...checks.map(({ input_ids }) => input_ids.length)) + 1;
    const context = await openContext(weights, { contextSize, sequences: 1, threads, adapters: [{ path: file }], signal: options.signal });
    const sequence = context.getSequence();
    let [tokens, agreeing, difference] = [0, 0, 0];
    for (const { input_ids: ids, at, best, logprobs } of checks) {
      const indexOf = new Map(at.map((place, index) => [place, index]));
      for await (const { place, probabilities } of answers(sequence, ids, new Set(at), options.signal)) {
        const index = indexOf.get(place) ?? -1;
        tokens += 1;
        agreeing += Number(probabilities.keys().next().value === best[index]);
        // One that is left out counts as likely as it could be.
        difference += Math.abs(Math.log(probabilities.get(ids[place + 1] as Token) ?? LEAST_SHARE) - (logprobs[index] ?? 0));
      }
    }
    return { tokens, agreement: agreeing / tokens, meanDifference: difference / tokens };
  } finally {
    await weights.dispose();
  }
}

/** An answer can hold much of the vocabulary, megabytes of it: a row's together would fill the heap. */
const TOKENS_AT_ONCE = 16;

/** What llama.cpp expects after some tokens of a row, the likeliest first. */
async function* answers(
  sequence: LlamaContextSequence,
  ids: readonly number[],
  asked: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly place: number; readonly probabilities: ReadonlyMap<Token, number> }> {
  const options = distributionOptions(LEAST_SHARE);
  await sequence.clearHistory();
  for (let from = 0; from < ids.length; from += TOKENS_AT_ONCE) {
    signal?.throwIfAborted();
    const input = ids.slice(from, from + TOKENS_AT_ONCE).map((id, offset): ControlledEvaluateInputItem => (asked.has(from + offset) ? [id as Token, { generateNext: { probabilities: true, options } }] : (id as Token)));
    for (const [offset, output] of (await sequence.controlledEvaluate(input)).entries()) {
      const probabilities = output?.next.probabilities;
      if (probabilities) yield { place: from + offset, probabilities };
    }
  }
}

function fail(path: string): never {
  throw new ApprenticeError("adapter_unreadable", `There is no ${path}: only adapters that apprentice trained can be checked.`);
}
