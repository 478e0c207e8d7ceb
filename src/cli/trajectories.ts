import type { Command } from "commander";
import { ApprenticeError } from "../errors.ts";
import { exportAtif, importAtif } from "../trajectory/formats/atif.ts";
import { exportReference, importReference } from "../trajectory/formats/reference.ts";
import { mergeJournals } from "../trajectory/merge.ts";
import { readTrajectories } from "../trajectory/read.ts";
import type { Trajectory } from "../trajectory/schema.ts";
import { statsOf } from "../trajectory/stats.ts";
import { writeJsonLines } from "../trajectory/write.ts";
import { graderNames, loadGrader } from "../collect/setup/grader.ts";
import { printJson, wholeNumber } from "./options.ts";
import { filterCommand } from "./trajectories-filter.ts";
import { printable } from "./terminal/printable.ts";
import { showTrajectory, trajectoryLine } from "./terminal/trajectory-text.ts";

const formats = { reference: { read: importReference, write: exportReference }, atif: { read: importAtif, write: exportAtif } };

export function trajectoriesCommand(program: Command, signal: AbortSignal): void {
  const trajectories = program.command("trajectories").description("what was recorded: look at it, count it, check it, join it, judge it again");
  trajectories
    .command("ls")
    .description("one line a trajectory")
    .argument("<path>", "a journal (.jsonl, .jsonl.gz, .jsonl.zst) or a folder of them")
    .option("--limit <n>", "only the first so many", wholeNumber)
    .option("--json", "one JSON line each")
    .addHelpText("after", "\nExample:\n  apprentice trajectories ls runs/teacher --limit 20")
    .action(async (path: string, { limit = Infinity, json }: { limit?: number; json?: boolean }) => {
      let count = 0;
      for await (const trajectory of readTrajectories(path, { signal })) {
        if ((count += 1) > limit) break;
        const { id, question, attempt, solver, model, outcome, grade, usage, steps, ms } = trajectory;
        if (json) printJson({ id, question: question.id, attempt, solver: solver.id, model, outcome: outcome.type, ...(grade && { correct: grade.correct }), steps: steps.length, usage, ms });
        else process.stdout.write(`${trajectoryLine(trajectory)}\n`);
      }
    });
  trajectories
    .command("show")
    .description("one trajectory, whole")
    .argument("<path>", "a journal or a folder of them")
    .argument("<id>", "its id, the beginning of it, or the id of its question")
    .option("--json", "its record as a JSON line")
    .addHelpText("after", "\nExample:\n  apprentice trajectories show runs/teacher 3f2a")
    .action(async (path: string, wanted: string, { json }: { json?: boolean }) => {
      const found = await find(path, wanted, signal);
      if (json) printJson(found);
      else process.stdout.write(showTrajectory(found));
    });
  trajectories
    .command("stats")
    .description("how many, how many right, tokens, errors, time")
    .argument("<path>", "a journal or a folder of them")
    .option("--json", "as a JSON line")
    .addHelpText("after", "\nExample:\n  apprentice trajectories stats runs/teacher")
    .action(async (path: string, { json }: { json?: boolean }) => {
      const stats = await statsOf(readTrajectories(path, { signal }));
      if (json) printJson(stats);
      else for (const [name, value] of Object.entries(stats)) process.stdout.write(`${name.padEnd(16)} ${typeof value === "number" ? String(Math.round(value * 10000) / 10000) : printable(JSON.stringify(value))}\n`);
    });
  trajectories
    .command("validate")
    .description("check every line; exits 1 when one is no trajectory")
    .argument("<path>", "a journal or a folder of them")
    .option("--json", "one JSON line for each bad line, and one for the end")
    .addHelpText("after", "\nExample:\n  apprentice trajectories validate runs/teacher")
    .action(async (path: string, { json }: { json?: boolean }) => {
      let [good, bad] = [0, 0];
      const onBadLine = ({ file, line, error }: { file: string; line: number; error: ApprenticeError }) => {
        bad += 1;
        if (json) printJson({ type: "bad", file, line, code: error.code, message: error.message });
        else process.stderr.write(`${printable(error.message)}\n`);
      };
      for await (const _ of readTrajectories(path, { onBadLine, signal })) good += 1;
      if (json) printJson({ type: "end", good, bad });
      else process.stdout.write(`${good} good, ${bad} bad\n`);
      process.exitCode = bad > 0 ? 1 : 0;
    });
  trajectories
    .command("merge")
    .description("join journals, each record once")
    .argument("<path...>", "journals, or folders of them")
    .requiredOption("-o, --out <file>", "the file to write; .gz and .zst pack it")
    .option("--json", "the count as a JSON line")
    .addHelpText("after", "\nExample:\n  apprentice trajectories merge runs/teacher --out teacher.jsonl.zst")
    .action(async (paths: string[], { out, json }: { out: string; json?: boolean }) => {
      const trajectories = await mergeJournals(paths, out, { signal });
      say(json, { trajectories, out }, `${trajectories} trajectories: ${out}`);
    });
  trajectories
    .command("regrade")
    .description("judge the recorded answers again, without a model call")
    .argument("<path>", "a journal or a folder of them")
    .requiredOption("-o, --out <file>", "the file to write")
    .option("--grader <name>", graderNames, "auto")
    .option("--json", "what changed as a JSON line")
    .addHelpText("after", "\nExample:\n  apprentice trajectories regrade runs/teacher --grader math --out regraded.jsonl")
    .action(async (path: string, { out, grader, json }: { out: string; grader: string; json?: boolean }) => {
      const { regrade } = await import("../collect/regrade.ts");
      const result = await regrade(path, out, await loadGrader(grader), { signal });
      say(json, { ...result, out }, `${result.trajectories} trajectories, ${result.becameRight} now right, ${result.becameWrong} now wrong: ${out}`);
    });
  filterCommand(trajectories, signal);
  for (const [name, format] of Object.entries(formats)) {
    const what = name === "atif" ? "ATIF (Agent Trajectory Interchange Format)" : "the logs of the paper's published code";
    trajectories
      .command(`import-${name}`)
      .description(`read ${what}`)
      .argument("<file...>", "what to read")
      .requiredOption("-o, --out <file>", "the journal to write")
      .option("--json", "the count as a JSON line")
      .addHelpText("after", `\nExample:\n  apprentice trajectories import-${name} log.jsonl --out imported.jsonl`)
      .action(async (files: string[], { out, json }: { out: string; json?: boolean }) => {
        const read = async function* () {
          for (const file of files) yield* format.read(file);
        };
        const count = await writeJsonLines(out, read(), signal);
        say(json, { trajectories: count, out }, `${count} trajectories: ${out}`);
      });
    trajectories
      .command(`export-${name}`)
      .description(`write ${what}, one JSON line a trajectory`)
      .argument("<path>", "a journal or a folder of them")
      .requiredOption("-o, --out <file>", "the file to write")
      .option("--json", "the count as a JSON line")
      .addHelpText("after", `\nExample:\n  apprentice trajectories export-${name} runs/teacher --out ${name}.jsonl`)
      .action(async (path: string, { out, json }: { out: string; json?: boolean }) => {
        const written = async function* () {
          for await (const trajectory of readTrajectories(path)) yield format.write(trajectory);
        };
        const count = await writeJsonLines(out, written(), signal);
        say(json, { trajectories: count, out }, `${count} trajectories: ${out}`);
      });
  }
}

async function find(path: string, wanted: string, signal: AbortSignal): Promise<Trajectory> {
  let byStart: Trajectory | undefined;
  for await (const trajectory of readTrajectories(path, { signal })) {
    if (trajectory.id === wanted || trajectory.question.id === wanted) return trajectory;
    if (!byStart && trajectory.id.startsWith(wanted)) byStart = trajectory;
  }
  if (byStart) return byStart;
  throw new ApprenticeError("trajectory_missing", `There is no trajectory ${wanted} in ${path}: apprentice trajectories ls ${path}`);
}

function say(json: boolean | undefined, value: object, text: string): void {
  if (json) printJson(value);
  else process.stdout.write(`${text}\n`);
}
