import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { codeAct, type Dialect } from "../agent/dialect.ts";
import { readConfig } from "../collect/setup/agent-config.ts";
import { ApprenticeError } from "../errors.ts";

/**
 * The dialect that agents write, by the files of their settings. A student learns one, and is asked in it.
 *
 * @throws `dialects_differ`
 */
export async function commonDialect(configs: readonly (string | undefined)[], folder: string, where: string): Promise<Dialect> {
  const [dialect = codeAct, ...others] = await Promise.all(configs.map(async (config) => dialectOf(config, folder)));
  if (others.every((other) => isDeepStrictEqual(other, dialect))) return dialect;
  throw new ApprenticeError("dialects_differ", `${where}: a student learns one dialect and is asked in it, and ${named(configs)} have several: give their configs the same.`);
}

async function dialectOf(config: string | undefined, folder: string): Promise<Dialect> {
  // A file that is missing is missed by the stages that need it.
  if (config === undefined || !existsSync(resolve(folder, config))) return codeAct;
  return (await readConfig(resolve(folder, config))).dialect ?? codeAct;
}

function named(configs: readonly (string | undefined)[]): string {
  return [...new Set(configs.map((config) => config ?? "no config"))].join(", ");
}
