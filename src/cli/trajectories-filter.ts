import type { Command } from "commander";
import { readQuestions } from "../collect/questions.ts";
import { readTrajectories } from "../trajectory/read.ts";
import { keepTrainingData, trainingFilters } from "../trajectory/training-data.ts";
import { collect, printJson, wholeNumber } from "./options.ts";

interface FilterOptions {
  readonly out: string;
  readonly rejected?: string;
  readonly maxTokens?: number;
  readonly keepLiterals?: boolean;
  readonly keepDuplicates?: boolean;
  readonly keepForced?: boolean;
  readonly testSet?: string[];
  readonly ngram: number;
  readonly json?: boolean;
}

export function filterCommand(trajectories: Command, signal: AbortSignal): void {
  trajectories
    .command("filter")
    .description("keep what is training data: right, no parse error, computed by code, one a question; say why the rest is not")
    .argument("<path>", "a journal or a folder of them")
    .requiredOption("-o, --out <file>", "the file to write")
    .option("--rejected <file>", "where to list the rest, with reasons, one JSON line each")
    .option("--max-tokens <n>", "longest trajectory, in tokens written", wholeNumber)
    .option("--test-set <file>", "questions that training must not see; may be given several times", collect)
    .option("--ngram <n>", "words in a row that may not be shared with a test set", wholeNumber, 13)
    .option("--keep-literals", "also answers that no code computed")
    .option("--keep-duplicates", "also further trajectories of a question")
    .option("--keep-forced", "also answers that were asked for after the last step")
    .option("--json", "the counts as a JSON line")
    .addHelpText("after", "\nExample:\n  apprentice trajectories filter runs/teacher --out train.jsonl --rejected rejected.jsonl --test-set math_500.json")
    .action(async (path: string, options: FilterOptions) => {
      const { maxTokens, keepLiterals, keepDuplicates, keepForced, testSet = [], ngram } = options;
      const testSets = await Promise.all(testSet.map(async (name) => ({ name, questions: (await readQuestions(name)).questions.map(({ text }) => text) })));
      const filters = trainingFilters({ maxTokens, literals: keepLiterals, duplicates: keepDuplicates, forced: keepForced, testSets, ngram });
      const { kept: count, rejected: reasons } = await keepTrainingData(readTrajectories(path), filters, { out: options.out, rejected: options.rejected, signal });
      if (options.json) printJson({ kept: count, rejected: reasons, out: options.out });
      else process.stdout.write(`${count} kept: ${options.out}\n${Object.entries(reasons).map(([reason, times]) => `${String(times).padStart(6)} ${reason}\n`).join("")}`);
    });
}
