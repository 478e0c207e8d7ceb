import { ApprenticeError } from "../../errors.ts";
import { attemptName, type JobBackend, quote } from "./backend.ts";
import { exists, inAttempt, type Job } from "./folder.ts";
import { cancelProcess } from "./schedulers.ts";
import { here } from "./transport.ts";

export interface CommandTemplates {
  /**
   * Has `sh {folder}/run.sh {attempt}` run somewhere that sees the folder, and returns. `{folder}`, `{attempt}` and
   * `{name}` (of letters, digits and dashes) are filled in, quoted for the shell.
   */
  readonly submit: string;
  /** Succeeds while the attempt waits or runs. Default: it runs until it has written its exit status. */
  readonly alive?: string;
  /** Default: TERM to the process, as on this machine. */
  readonly cancel?: string;
  /** Brings the folder's new files here, where they are not shared. Default: nothing to do. */
  readonly pull?: string;
}

/** False when the command itself said no; what could not be asked is thrown. */
function saidNo(error: unknown): false {
  if (error instanceof ApprenticeError && error.code === "command_failed") return false;
  throw error;
}

/** Whatever can be started by a shell command: kubectl, SkyPilot, Modal … */
export function commandBackend(templates: CommandTemplates): JobBackend {
  const run = (template: string, job: Job, attempt: number, signal?: AbortSignal) => {
    const values: Record<string, string> = { folder: quote(job.folder), attempt: String(attempt), name: attemptName(job, attempt) };
    return here.sh(template.replaceAll(/\{(folder|attempt|name)\}/g, (whole, name: string) => values[name] ?? whole), signal);
  };
  return {
    name: "command",
    pollMs: 2000,
    async submit(job, attempt, signal) {
      if (!(await exists(inAttempt(job, attempt, "claimed")))) await run(templates.submit, job, attempt, signal);
    },
    async state(job, attempt, signal) {
      if (await exists(inAttempt(job, attempt, "exit"))) return "ended";
      if (templates.alive !== undefined && !(await run(templates.alive, job, attempt, signal).then(() => true, saidNo))) return "ended";
      return (await exists(inAttempt(job, attempt, "claimed"))) ? "running" : "waiting";
    },
    async cancel(job, attempt, signal) {
      await run(templates.cancel ?? `cd {folder} && ${cancelProcess(attempt)}`, job, attempt, signal);
    },
    async pull(job, attempt, _what, signal) {
      if (templates.pull !== undefined) await run(templates.pull, job, attempt, signal);
    },
  };
}
