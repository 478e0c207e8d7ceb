import { join } from "node:path";
import { training } from "../estimate.ts";
import type { Estimates, StudentSpec } from "../experiment.ts";
import { modelPath } from "../solver-setup.ts";
import { type Place, type Stage, stage } from "../stage.ts";
import type { JobBackend } from "../../training/jobs/backend.ts";

/** A student's weights: a job that goes on where it was, wherever it runs. */
export function trainStage(name: string, spec: StudentSpec, { dataset, rows, place, estimates }: { readonly dataset: Stage; readonly rows: number; readonly place: Place; readonly estimates: Estimates }): Stage {
  const { backend, python, ...settings } = spec.job;
  const { epochs = 2 } = spec.training;
  return stage({
    kind: "train",
    name,
    place,
    keeps: [{ file: "job/adapter.gguf" }, { file: "job/artifacts/adapter.gguf" }],
    needs: [dataset],
    inputs: { model: spec.model, training: spec.training, ...(settings.dtype !== undefined && { dtype: settings.dtype }), ...(settings.patience !== undefined && { patience: settings.patience, evalSteps: settings.evalSteps }) },
    estimate: training(rows, epochs, estimates),
    run: async (stageFolder, { signal, onProgress, onNote }) => {
      const { checkAdapter, hasCheckableAdapter, prepareJob, requireAgreement, watchJob } = await import("../../training/index.ts");
      const job = await prepareJob({
        data: join(dataset.folder, "rows"),
        model: modelPath(spec.model, place.folder),
        out: adapterOf(stageFolder),
        hyperparameters: spec.training,
        settings,
        ...(python !== undefined && { python }),
        signal,
      });
      let last = {};
      try {
        for await (const event of watchJob(job, await openBackend(backend), { signal })) {
          onProgress({ type: "training", event });
          if (event.type === "step") last = { ...last, steps: event.steps, loss: event.loss };
          if (event.type === "eval") last = { ...last, heldOutLoss: event.loss };
        }
      } catch (error) {
        const ending = backend === undefined || backend.type === "local" ? `, and apprentice train --out ${job.folder} --cancel ends it` : "";
        if (signal.aborted) onNote(`${job.folder}: left to train on; the same command re-attaches${ending}.`);
        throw error;
      }
      if (!(await hasCheckableAdapter(job))) return last;
      const check = await checkAdapter(join(job.folder, job.spec.model.path), job.folder, { signal });
      requireAgreement(job, check);
      return { ...last, check };
    },
  });
}

/** Where a stage's job is, and with it its adapter. */
export function adapterOf(stageFolder: string): string {
  return join(stageFolder, "job");
}

async function openBackend(backend: StudentSpec["job"]["backend"]): Promise<JobBackend> {
  const { commandBackend, localBackend, rayBackend, slurmBackend, sshBackend } = await import("../../training/index.ts");
  switch (backend?.type) {
    case undefined:
    case "local":
      return localBackend();
    case "ssh":
      return sshBackend({ host: backend.host, args: backend.args ?? [], ...(backend.root !== undefined && { root: backend.root }) });
    case "slurm":
      return slurmBackend({ sbatch: backend.sbatch, ...(backend.host !== undefined && { ssh: { host: backend.host, args: [] } }) });
    case "ray":
      return rayBackend({ url: backend.url });
    case "command": {
      const { type: _type, ...templates } = backend;
      return commandBackend(templates);
    }
  }
}
