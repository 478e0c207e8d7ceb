import { Option, type Command } from "commander";
import { namedPrompts } from "../collect/setup/agent-config.ts";
import type { SolverSetup } from "../collect/setup/solver.ts";
import { ApprenticeError } from "../errors.ts";
import type { ChatModel } from "../model/types.ts";
import { defaultModel } from "./model-option.ts";
import { collect, number, seconds, wholeNumber } from "./options.ts";

/** Options that say who answers, shared by `run`, `collect` and `eval`. */
export function addSolverOptions(command: Command): Command {
  return command
    .option("-m, --model <name>", "a catalogue name, a .gguf file, hf:owner/repo/file.gguf, or openai:MODEL@http://host:8000/v1", defaultModel)
    .option("--adapter <path>", "LoRA adapter for the model: a .gguf file, or what `apprentice train` made; may be given several times", collect)
    .addOption(new Option("--solver <name>", "agent; cot: chain of thought; rag: passages before the question").choices(["agent", "cot", "rag"]).default("agent"))
    .option("-n, --samples <n>", "actions drawn a step, or chains of thought, of which a vote picks one (default: none, greedy)", wholeNumber)
    .option("--temperature <t>", "of the samples (default: 0.4)", number)
    .option("--top-p <p>", "of the samples (default: 0.8)", number)
    .option("--index <folder>", "passages that the agent can search with web_search, and that rag puts before the question (docs/retrieval.md)")
    .option("--retriever <file>", "the same, by a module that exports a Retriever")
    .addOption(new Option("--prompt <name>", "teacher: with worked examples (default); student: without").choices(Object.keys(namedPrompts)))
    .option("-t, --tool <file>", "module that exports tools; may be given several times", collect)
    .option("--config <file>", "JSON with prompt, dialect, limits, maxSteps, maxTokens (docs/agent.md)")
    .option("--max-steps <n>", "actions before one forced answer (default: 5)", wholeNumber)
    .option("--max-tokens <n>", "tokens of a turn (default: 1024; cot: 4096)", wholeNumber)
    .option("--time-limit <seconds>", "time of one action (default: 10)", seconds)
    .option("--first-thought", "begin the first turn with the first step of the model's chain of thought")
    .option("--first-thoughts-from <file>", "the same, with first steps that were written before")
    .option("--guided", "the chain of thought may see the question's reference solution")
    .option("--force-code", "go on with a turn that ended without code, after the opening of a code block");
}

/** @throws `option_invalid` for options that do not go together. */
export function checkTogether({ solver, index, retriever, firstThought, firstThoughtsFrom, forceCode, guided, tool, prompt, config, maxSteps }: SolverSetup): void {
  const agentOnly = { "--first-thought": firstThought, "--first-thoughts-from": firstThoughtsFrom, "--force-code": forceCode, "--tool": tool, "--prompt": prompt, "--config": config, "--max-steps": maxSteps };
  const misplaced = solver === "agent" ? undefined : Object.entries(agentOnly).find(([, value]) => value !== undefined)?.[0];
  if (misplaced !== undefined) throw new ApprenticeError("option_invalid", `${misplaced} has no meaning for --solver ${solver}: leave it out.`);
  if (retriever !== undefined && index !== undefined) throw new ApprenticeError("option_invalid", "Give --index or --retriever, not both.");
  const searchable = retriever !== undefined || index !== undefined;
  if (solver === "rag" && !searchable) throw new ApprenticeError("option_invalid", "--solver rag searches: give --index <folder> or --retriever <file>.");
  if (solver === "cot" && searchable) throw new ApprenticeError("option_invalid", "--solver cot does not search: give --solver rag, or leave --index and --retriever out.");
  if (firstThought && firstThoughtsFrom !== undefined) throw new ApprenticeError("option_invalid", "Give --first-thought or --first-thoughts-from, not both.");
  if (guided && solver === "agent" && !firstThought) throw new ApprenticeError("option_invalid", "--guided guides a chain of thought: give --first-thought, or --solver cot.");
}

/** Said once where a model cannot take the first thought that it was to be given. */
export function warnWithoutPrefill(model: ChatModel): void {
  process.stderr.write(`apprentice: ${model.id} cannot go on from a beginning that it is given: it acts without its first thought, and the records say so.\n`);
}
