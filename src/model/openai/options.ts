import { ApprenticeError } from "../../errors.ts";
import type { ChatModel } from "../types.ts";

export interface OpenAIOptions {
  /** The model's name on the server. */
  readonly model: string;
  /**
   * One address or several that serve the same model, e.g. `http://gpu1:8000/v1`.
   * Default: the environment's `OPENAI_BASE_URL`, else OpenAI's own.
   */
  readonly baseUrl?: string | readonly string[];
  /** Names the model in records. Default: `model`. */
  readonly id?: string;
  /** Name of the environment variable that holds the API key; its value is sent to every base URL. Default: `OPENAI_API_KEY`, if set. */
  readonly apiKeyVariable?: string;
  readonly timeouts?: Partial<Timeouts>;
  /** Tries after the first, each after a longer wait. Default: 4. */
  readonly retries?: number;
  /** Requests at once for each base URL, over all of them together; more wait in line. Default: 32. */
  readonly concurrency?: number;
  /** Gives completions their cost. Default: what the server says, if anything. */
  readonly price?: Price;
  /** Ends the opening. */
  readonly signal?: AbortSignal;
}

/** In milliseconds. */
export interface Timeouts {
  /** To reach the server. Default: 10 s. */
  readonly connect: number;
  /** From the request to the first token: time in the server's queue counts. Default: 300 s. */
  readonly firstToken: number;
  /** Between tokens. Default: 60 s. */
  readonly idle: number;
}

/** In US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of input tokens that the server did not evaluate again. Default: as `input`. */
  readonly cachedInput?: number;
}

export interface OpenAIModel extends ChatModel {
  /** Ends what is under way and closes all connections. */
  dispose(): Promise<void>;
}

/** Options with nothing left to default. */
export interface Settings {
  readonly model: string;
  readonly id: string;
  readonly baseUrls: readonly string[];
  readonly apiKeyVariable: string;
  readonly apiKey: string | undefined;
  readonly timeouts: Timeouts;
  readonly retries: number;
  readonly concurrency: number;
  readonly price: Price | undefined;
}

/** Requests at once to a base URL where nothing is said. */
export const defaultRequests = 32;

export function settle(options: OpenAIOptions): Settings {
  const { model, apiKeyVariable = "OPENAI_API_KEY", retries = 4, concurrency = defaultRequests, timeouts } = options;
  if (model.trim() === "") throw new ApprenticeError("option_invalid", "The model has no name: give the one that the server lists.");
  if (!Number.isInteger(retries) || retries < 0) throw new ApprenticeError("option_invalid", `retries is ${retries}: give a whole number.`);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new ApprenticeError("option_invalid", `concurrency is ${concurrency}: give a whole number above 0.`);
  for (const [name, ms] of Object.entries(timeouts ?? {})) {
    if (!(ms > 0 && ms < 2 ** 31)) throw new ApprenticeError("option_invalid", `The timeout ${name} is ${ms}: give milliseconds above 0 and below 2^31.`);
  }
  const given = options.baseUrl ?? process.env["OPENAI_BASE_URL"] ?? "https://api.openai.com/v1";
  const baseUrls = [...new Set((typeof given === "string" ? [given] : given).map(checkUrl))];
  if (baseUrls.length === 0) throw new ApprenticeError("option_invalid", "There is no base URL: give one such as http://localhost:8000/v1.");
  const apiKey = process.env[apiKeyVariable]?.trim() || undefined;
  if (options.apiKeyVariable !== undefined && apiKey === undefined) {
    throw new ApprenticeError("option_invalid", `The environment variable ${apiKeyVariable} is not set: it is to hold the API key.`);
  }
  return {
    model,
    id: options.id ?? model,
    baseUrls,
    apiKeyVariable,
    apiKey,
    timeouts: { connect: 10_000, firstToken: 300_000, idle: 60_000, ...timeouts },
    retries,
    concurrency,
    price: options.price,
  };
}

function checkUrl(text: string): string {
  const url = URL.parse(text.trim());
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ApprenticeError("option_invalid", `A base URL is no http address: give one such as http://localhost:8000/v1.`);
  }
  // Not repeated in the message: what stands there is a secret.
  if (url.username !== "" || url.password !== "") {
    throw new ApprenticeError("option_invalid", `The base URL for ${url.host} holds a user or a password: put the API key into an environment variable.`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new ApprenticeError("option_invalid", `The base URL for ${url.host} has a query or a fragment: give the part before it.`);
  }
  return url.href.replace(/\/+$/, "");
}
