import * as http from "node:http";
import * as https from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { attemptName, type JobBackend, quote } from "./backend.ts";
import { exists, inAttempt } from "./folder.ts";

const jobSchema = z.object({ status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]) });
const TIMEOUT_MS = 30_000;

/** The Jobs API of a Ray cluster whose nodes see the job's folder at the same path. */
export function rayBackend({ url }: { /** Of the dashboard, e.g. `http://127.0.0.1:8265`. */ readonly url: string }): JobBackend {
  const call = async (path: string, body: object | undefined, signal: AbortSignal | undefined): Promise<Answer> => {
    try {
      return await request(new URL(path, url), body, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw new ApprenticeError("connection_lost", `Ray's dashboard at ${url} does not answer: ${messageOf(error)}`, { cause: error });
    }
  };
  const statusOf = async (name: string, signal: AbortSignal | undefined) => {
    const { status, body } = await call(`/api/jobs/${name}`, undefined, signal);
    if (status === 404) return undefined;
    if (status !== 200) throw new ApprenticeError("command_failed", `Ray answered ${status} when asked for ${name}.`);
    return jobSchema.parse(JSON.parse(body)).status;
  };
  return {
    name: "ray",
    pollMs: 1000,
    async submit(job, attempt, signal) {
      const name = attemptName(job, attempt);
      if ((await statusOf(name, signal)) !== undefined) return;
      const answer = await call("/api/jobs/", { entrypoint: `sh ${quote(join(job.folder, "run.sh"))} ${attempt}`, submission_id: name }, signal);
      if (answer.status === 200 || (await statusOf(name, signal)) !== undefined) return;
      throw new ApprenticeError("command_failed", `Ray answered ${answer.status} to the job: ${answer.body.trim().split("\n").at(-1)}`);
    },
    async state(job, attempt, signal) {
      if (await exists(inAttempt(job, attempt, "exit"))) return "ended";
      const status = await statusOf(attemptName(job, attempt), signal);
      if (status === "PENDING") return "waiting";
      // A cluster that was started again knows nothing of it any more.
      return status === "RUNNING" ? "running" : "ended";
    },
    async cancel(job, attempt, signal) {
      await call(`/api/jobs/${attemptName(job, attempt)}/stop`, {}, signal);
    },
    pull: async () => undefined,
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Not by `fetch`: Ray takes its headers for those of a browser, and refuses them. */
async function request(url: URL, body: object | undefined, signal: AbortSignal | undefined): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const options = { method: body ? "POST" : "GET", headers: { "content-type": "application/json" }, signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]) };
  (url.protocol === "https:" ? https : http).request(url, options, resolve).on("error", reject).end(body && JSON.stringify(body));
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
}
