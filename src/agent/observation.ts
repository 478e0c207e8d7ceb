import type { ActionError, Attempt } from "../sandbox/types.ts";
import type { Dialect } from "./dialect.ts";

/** What the model reads after its code ran. */
export function renderObservation(attempt: Pick<Attempt, "stdout" | "value" | "error">, source: string, dialect: Dialect): string {
  const logs = `${dialect.logs}\n${withNewline(attempt.stdout)}`;
  if (attempt.error) {
    const failed = renderError(describe(attempt.error, source), dialect);
    return attempt.stdout === "" ? failed : `${dialect.observation}\n${logs}${failed}`;
  }
  return `${dialect.observation}\n${logs}${dialect.lastOutput}\n${attempt.value ?? "None"}`;
}

/** What the model reads after a turn in which no code was found. */
export function renderParseError(message: string, dialect: Dialect): string {
  return renderError(`${dialect.parseError}\n${message}\n${dialect.parseHint}${example(dialect)}`, dialect);
}

/** What the model reads after its final answer was refused. */
export function renderRefusal(reason: string, dialect: Dialect): string {
  return renderError(`final_answer was refused: ${reason}`, dialect);
}

function renderError(message: string, dialect: Dialect): string {
  return `${dialect.error}\n${message}\n${dialect.retry}\n`;
}

function describe(error: ActionError, source: string): string {
  const line = error.line === undefined ? undefined : source.split("\n")[error.line - 1]?.trim();
  const where = line ? ` (line ${error.line}: \`${line}\`)` : "";
  return `${error.name}: ${error.message}${where}`;
}

function example({ thought, code, fenceOpen, fenceClose, end }: Dialect): string {
  return ` For instance:\n${thought} your reasoning\n${code}\n${fenceOpen}\n# your Python code\n${fenceClose}${end}`;
}

function withNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
