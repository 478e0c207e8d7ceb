import { Option, type Command } from "commander";
import { ApprenticeError } from "../errors.ts";
import type { SearchMode } from "../retrieval/store/search-index.ts";
import { printJson, wholeNumber } from "./options.ts";
import { colours } from "./terminal/colours.ts";
import { printable } from "./terminal/printable.ts";

export const modeOption = () =>
  new Option("--mode <mode>", "by meaning, by words, or by both (default: dense, if there are vectors)").choices(["dense", "bm25", "hybrid"]);

interface SearchOptions {
  readonly k: number;
  readonly mode?: SearchMode;
  readonly json?: boolean;
}

export function indexSearchCommand(index: Command, signal: AbortSignal): void {
  index
    .command("search")
    .description("find the passages that are nearest to a question")
    .argument("<folder>", "an index")
    .argument("<query>", "what to look for")
    .option("-k <n>", "passages to find", wholeNumber, 3)
    .addOption(modeOption())
    .option("--json", "one JSON line a passage")
    .addHelpText("after", '\nExample:\n  apprentice index search facts.index "Who built the Eiffel Tower?" -k 3')
    .action((folder: string, query: string, options: SearchOptions) => search(folder, query, options, signal));
}

async function search(folder: string, query: string, { k, mode, json }: SearchOptions, signal: AbortSignal): Promise<void> {
  if (query.trim() === "") throw new ApprenticeError("question_empty", 'The query is empty: apprentice index search FOLDER "your question"');
  const { openIndex } = await import("../retrieval/index.ts");
  const index = await openIndex(folder, { signal, ...(mode && { mode }) });
  const [hits = []] = await index.search([query], { k, signal });
  for (const { passage, score } of hits) {
    if (json) printJson({ score, ...passage });
    else process.stdout.write(`${colours.green(score.toFixed(4))} ${colours.dim(printable(passage.id))} ${printable(passage.title ?? "")}\n  ${printable(passage.text)}\n`);
  }
  await index.close();
}
