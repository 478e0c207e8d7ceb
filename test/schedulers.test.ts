import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JobBackend, localBackend, prepareJob, rayBackend, slurmBackend, sshBackend, watchJob } from "../src/training/index.ts";
import { losses, openWorkshop, type Workshop } from "./support/training.ts";

const script = join(import.meta.dirname, "support/schedulers.sh");
const NOT_HERE = 3;
let shop: Workshop;
let calm: Map<number, number>;

beforeAll(async () => {
  shop = await openWorkshop(12);
  const job = await prepare("calm");
  for await (const _ of watchJob(job, localBackend(), { pollMs: 200 }));
  calm = await losses(job.folder);
}, 900_000);

afterAll(() => rmSync(shop.folder, { recursive: true, force: true }));

/** Each runs against the real thing, which test/support/schedulers.sh starts; on a machine that cannot have it, the test says so. */
const places: { name: string; attach(folder: string): JobBackend }[] = [
  {
    name: "ssh",
    attach: (folder) => sshBackend({ host: "loopback", args: ["-F", join(folder, "ssh.conf")], root: join(folder, "remote") }),
  },
  {
    name: "slurm",
    attach(folder) {
      process.env.SLURM_CONF = join(folder, "slurm.conf");
      // By a name of the user's own it would not be found again.
      return slurmBackend({ sbatch: ["--job-name=mine"] });
    },
  },
  { name: "ray", attach: (folder) => rayBackend({ url: readFileSync(join(folder, "ray.url"), "utf8").trim() }) },
];

describe.each(places)("a job on $name", { timeout: 300_000 }, ({ name, attach }) => {
  it("runs, is killed, goes on from its checkpoint to the same losses, and comes home", async (context) => {
    const folder = join(shop.folder, name);
    const started = spawnSync("sh", [script, name, folder], { stdio: ["ignore", "ignore", "inherit"], timeout: 240_000 });
    if (started.status === NOT_HERE) return context.skip(`${name} cannot be had on this machine: see test/support/schedulers.sh`);
    expect(started.status).toBe(0);
    try {
      const backend = attach(folder);
      const job = await prepare(`job-${name}`);
      let kills = 0;
      for await (const event of watchJob(job, backend, { pollMs: 200 })) {
        if (event.type !== "checkpoint" || kills > 0) continue;
        kills += 1;
        spawnSync("pkill", ["-KILL", "--parent", shellOf(job.spec.id, folder, job.folder)]);
      }
      expect(kills).toBe(1);
      expect(await losses(job.folder)).toEqual(calm);
      expect(readFileSync(join(job.folder, "attempts/2/exit"), "utf8").trim()).toBe("0");
      expect(readFileSync(join(job.folder, "artifacts/adapter.gguf")).subarray(0, 4).toString()).toBe("GGUF");
    } finally {
      execFileSync("sh", [script, "stop", folder], { stdio: "ignore" });
    }
  });
});

/** The shell of the first attempt: on the other machine for ssh, in the job's own folder elsewhere. */
function shellOf(id: string, folder: string, local: string): string {
  for (const path of [join(folder, "remote", id), local]) {
    try {
      return readFileSync(join(path, "attempts/1/pid"), "utf8").trim();
    } catch {
      continue;
    }
  }
  throw new Error("The first attempt has no process.");
}

function prepare(name: string) {
  return prepareJob({
    data: shop.dataset,
    model: shop.model,
    out: join(shop.folder, name),
    hyperparameters: { rank: 4, epochs: 20 },
    settings: { dtype: "float32", threads: 1, checkpointSteps: 5 },
  });
}
