import { type AttemptState, attemptName, type JobBackend, quote } from "./backend.ts";
import type { Job } from "./folder.ts";
import { here, LOST, ssh, type SshOptions, type Transport } from "./transport.ts";

/** What is told to a shell that stands in the job's folder. Each script prints nothing, but for `state`: one word. */
interface Scheduler {
  submit(job: Job, attempt: number): string;
  state(job: Job, attempt: number): string;
  cancel(job: Job, attempt: number): string;
}

/** Brought home while a job runs. */
const PROGRESS = ["events.jsonl", "attempts"];

/** A process of its own on this machine. */
export function localBackend(): JobBackend {
  return backend("local", plainProcess, here);
}

/** A process on another machine. The folder is copied there, and what it writes is copied back. */
export function sshBackend(options: SshOptions): JobBackend {
  return backend("ssh", plainProcess, ssh(options));
}

export interface SlurmOptions {
  /** More arguments for sbatch, e.g. `["--gpus=1", "--time=4:00:00"]`. Default: none. */
  readonly sbatch?: readonly string[];
  /** A login node; without it sbatch runs here, and the nodes see the same files. */
  readonly ssh?: SshOptions;
}

/** Slurm. Before its time limit, the job is told to save (USR1), and is submitted again. */
export function slurmBackend(options: SlurmOptions = {}): JobBackend {
  return backend("slurm", slurm(options.sbatch ?? []), options.ssh ? ssh(options.ssh) : here);
}

function backend(name: string, scheduler: Scheduler, transport: Transport): JobBackend {
  const inFolder = (job: Job, script: string, signal?: AbortSignal) => transport.sh(`cd ${transport.folder(job)} && ${script}\n`, signal);
  return {
    name,
    pollMs: transport === here ? 1000 : 5000,
    async submit(job, attempt, signal) {
      await transport.push(job, signal);
      await inFolder(job, `mkdir -p attempts/${attempt} && ${scheduler.submit(job, attempt)}`, signal);
    },
    async state(job, attempt, signal) {
      const word = await inFolder(job, `if test -e attempts/${attempt}/exit; then echo ended; else ${scheduler.state(job, attempt)}; fi`, signal);
      return parseState(word.trim());
    },
    async cancel(job, attempt, signal) {
      await inFolder(job, `{ ${scheduler.cancel(job, attempt)}; }`, signal);
    },
    async pull(job, _attempt, { artifacts }, signal) {
      await transport.pull(job, artifacts ? [...PROGRESS, "artifacts"] : PROGRESS, signal);
    },
  };
}

const plainProcess: Scheduler = {
  submit: (_job, attempt) => `{ { test -e attempts/${attempt}/claimed || exec nohup sh run.sh ${attempt}; } </dev/null >/dev/null 2>&1 & }`,
  state: (_job, attempt) =>
    `if ! test -e attempts/${attempt}/pid; then echo waiting; elif ${isAlive(attempt)}; then echo running; else echo ended; fi`,
  cancel: (_job, attempt) => cancelProcess(attempt),
};

/** TERM to a process that was started in the job's folder, if it is still the attempt's. */
export function cancelProcess(attempt: number): string {
  return `if ! test -e attempts/${attempt}/exit && ${isAlive(attempt)}; then kill -TERM "$(cat attempts/${attempt}/pid)"; fi`;
}

/** A number that now belongs to another process is not taken for the job's. */
function isAlive(attempt: number): string {
  const pid = `"$(cat attempts/${attempt}/pid)"`;
  return `{ kill -0 ${pid} 2>/dev/null && { ! command -v ps >/dev/null || ps -o args= -p ${pid} | grep -q 'run.sh ${attempt}$'; }; }`;
}

function slurm(sbatch: readonly string[]): Scheduler {
  // A scheduler that does not answer is one that cannot be reached.
  const queued = (job: Job, attempt: number) => `state=$(squeue -h -o %T --me --name=${attemptName(job, attempt)}) || exit ${LOST}`;
  return {
    submit: (job, attempt) => {
      const name = attemptName(job, attempt);
      // The last of two options counts: by its name the job is found again.
      const args = ["--signal=B:USR1@60", `--output=attempts/${attempt}/slurm.txt`, ...sbatch, `--job-name=${name}`].map(quote);
      // Taken into the queue but not yet written down: the name tells.
      const isKnown = `test -e attempts/${attempt}/claimed || test -e attempts/${attempt}/slurm-id || { ${queued(job, attempt)}; test -n "$state"; }`;
      return `{ ${isKnown} || { id=$(sbatch --parsable ${args.join(" ")} --wrap 'exec sh run.sh ${attempt}') && echo "$id" > attempts/${attempt}/slurm-id; }; }`;
    },
    // One that was submitted and is not in the queue any more has ended, or was taken out of it.
    state: (job, attempt) => `${queued(job, attempt)}; case "$state" in PENDING*|CONFIGURING*) echo waiting;; "") echo ended;; *) echo running;; esac`,
    cancel: (job, attempt) =>
      `scancel --state=PENDING --name=${attemptName(job, attempt)}; scancel --batch --signal=TERM --name=${attemptName(job, attempt)} 2>/dev/null || true`,
  };
}

function parseState(word: string): AttemptState {
  return word === "running" || word === "ended" ? word : "waiting";
}
