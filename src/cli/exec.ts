import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { colours } from "./terminal/colours.ts";
import { ApprenticeError, messageOf } from "../errors.ts";
import type { Attempt } from "../sandbox/types.ts";
import { collect, mebibytes, printJson, seconds } from "./options.ts";
import { printable } from "./terminal/printable.ts";

interface ExecOptions {
  readonly timeLimit?: number;
  readonly memory?: number;
  readonly package?: string[];
  readonly json?: boolean;
}

export function execCommand(program: Command, signal: AbortSignal): void {
  program
    .command("exec")
    .description("run Python in the sandbox")
    .argument("<file>", "a Python file, or - for standard input")
    .option("--time-limit <seconds>", "time it may take (default: 10)", seconds)
    .option("--memory <MiB>", "size of the Python heap (default: 256)", mebibytes)
    .option("--package <wheel>", "wheel to install in the sandbox; may be given several times", collect)
    .option("--json", "what became of it as one JSON line")
    .addHelpText("after", `\nExample:\n  echo 'print(sum(range(101)))' | apprentice exec -`)
    .action(async (file: string, options: ExecOptions) => {
      process.exitCode = await exec(file, options, signal);
    });
}

async function exec(file: string, options: ExecOptions, signal: AbortSignal): Promise<number> {
  const source = await readSource(file);
  const { pyodideSandbox } = await import("../sandbox/index.ts");
  const sandbox = pyodideSandbox({ packages: options.package ?? [] });
  const session = await sandbox.open({
    limits: {
      ...(options.timeLimit !== undefined && { timeMs: options.timeLimit }),
      ...(options.memory !== undefined && { memoryBytes: options.memory }),
    },
  });
  const attempt = await session.run(source, { signal });
  if (options.json) printJson(attempt);
  else show(attempt);
  await sandbox.dispose();
  return attempt.error ? 1 : 0;
}

async function readSource(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ApprenticeError("file_unreadable", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function show({ stdout, value, error, finalAnswer }: Attempt): void {
  process.stdout.write(printable(stdout));
  if (finalAnswer) process.stdout.write(`${colours.green(`final_answer: ${printable(finalAnswer.text)}`)}\n`);
  else if (value !== undefined) process.stdout.write(`${colours.dim("→")} ${printable(value)}\n`);
  if (error) process.stderr.write(`${colours.red(`${error.name}: ${printable(error.message)}`)}${error.line === undefined ? "" : ` (line ${error.line})`}\n`);
}
