import { completionSeed } from "../../random.ts";
import type { GenerateRequest } from "../types.ts";
import type { ToldUsage } from "./chunk.ts";
import type { Completion } from "./completion.ts";
import { exchange, FieldsRefused } from "./exchange.ts";
import { ServerError } from "./failure.ts";
import { requestBody } from "./fields.ts";
import { probe } from "./probe.ts";
import { type Source, withRetries } from "./retry.ts";
import type { Server } from "./server.ts";

/** How long completions that are whole wait for the server to say what they took. */
const USAGE_GRACE_MS = 2000;

/** Writes the completions of a request: in one HTTP request where a server honours `n`, else in one each. */
export async function draw(source: Source, request: GenerateRequest, completions: readonly Completion[], signal: AbortSignal): Promise<void> {
  await withRetries(source, signal, (server) => attempt(source, server, request, completions.filter(isOpen), signal));
  await Promise.all(completions.filter(isOpen).map((completion) => draw(source, request, [completion], signal)));
}

const isOpen = ({ ended }: Completion): boolean => !ended;

/** Asks one server, once. Completions that it leaves open are to be asked for one by one. */
async function attempt(source: Source, server: Server, request: GenerateRequest, open: readonly Completion[], signal: AbortSignal): Promise<void> {
  if (server.prefill === undefined) await probe(source, server, signal);
  const opening = open.length === 1 && open[0] ? goOn(server, request, open[0]) : (request.prefill ?? "");
  // Some servers refuse greedy samples, and completions that were cut each go on after a text of their own.
  const together = server.samples && (request.temperature ?? 0) > 0 && open.every(({ text }) => text === "");
  if (open.length === 0 || (open.length > 1 && !together)) return;
  if (server.prefill === "echo") for (const completion of open) completion.goOn(opening);

  const left = (request.maxTokens ?? 1024) - (server.prefill === "none" ? 0 : Math.max(...open.map(({ tokens }) => tokens)));
  let maxTokens: number | undefined = Math.max(1, left);
  for (;;) {
    const body = requestBody(request, {
      model: source.settings.model,
      refused: server.refused,
      n: open.length,
      opening: server.prefill === "none" ? "" : opening,
      maxTokens,
      seed: completionSeed(request.seed, open[0]?.index ?? 0),
    });
    try {
      return await receive(source, server, request, open, body, signal);
    } catch (error) {
      if (error instanceof FieldsRefused) {
        for (const field of error.fields) server.refused.add(field);
        server.samples &&= !server.refused.has("n");
        if (open.length > 1 && !server.samples) return;
      } else if (error instanceof ServerError && error.code === "context_overflow" && maxTokens !== undefined) {
        // The conversation may fit, though not with so many tokens more: the server then takes what room there is.
        maxTokens = undefined;
      } else throw error;
    }
  }
}

/** What the turn begins with on a further try: servers that take a prefill go on where they were cut, others begin again. */
function goOn(server: Server, request: GenerateRequest, completion: Completion): string {
  if (server.prefill !== "none") {
    completion.goOn("");
    return (request.prefill ?? "") + completion.text;
  }
  completion.again();
  return "";
}

/** Reads the answer into the completions. Throws unless each is whole, or was left out by a server that ignores `n`. */
async function receive(
  source: Source,
  server: Server,
  { cancel }: GenerateRequest,
  open: readonly Completion[],
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const listening = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  let usage: ToldUsage | undefined;
  const seen = new Set<Completion>();
  const leaveIfEnded = () => {
    if (!open.some(isOpen)) over.abort();
  };
  for (const { index } of open) cancel?.[index]?.addEventListener("abort", leaveIfEnded, { signal: listening.signal });
  try {
    for await (const { choices, usage: told } of exchange(server.url, body, source, AbortSignal.any([signal, over.signal]))) {
      if (told && (choices.length === 0 || open.length === 1)) usage = told;
      for (const choice of choices) {
        const completion = open[choice.index];
        if (!completion) continue;
        seen.add(completion);
        completion.push(choice, choices.length === 1 && open.length > 1 && told ? told : undefined);
        if (completion.ended && completion.told) completion.settle({ usage: undefined, completions: open });
      }
      if (open.some(isOpen) || grace) continue;
      // Ended on this side: the server would go on writing.
      if (choices.every(({ finish_reason }) => finish_reason == null)) break;
      grace = setTimeout(() => over.abort(), USAGE_GRACE_MS);
    }
  } catch (error) {
    if (signal.aborted || !over.signal.aborted) {
      if (open.some(isOpen) || !(error instanceof ServerError)) throw error;
    }
  } finally {
    clearTimeout(grace);
    listening.abort();
    for (const completion of open) completion.settle({ usage, completions: open });
  }
  if (seen.size === 0 && open.some(isOpen)) {
    throw new ServerError("server_invalid", `${server.url} answered without a completion. Look at its log.`, { retry: true });
  }
  if ([...seen].some(isOpen)) {
    throw new ServerError("stream_cut", `${server.url} broke off in the middle of a completion. Look at its log.`, { retry: true });
  }
  server.answered();
  // It was asked for more completions than it wrote: from now on each is asked for by itself.
  if (open.some(isOpen)) server.samples = false;
}
