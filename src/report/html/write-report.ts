import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ApprenticeError } from "../../errors.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { findJournals } from "../journals/find.ts";
import { readJournal } from "../journals/read.ts";
import { freeKey } from "../viewer/key.ts";
import { summarise, type Summary } from "../viewer/summary.ts";
import { readPage } from "./assets.ts";
import type { EmbeddedHead } from "./embedded.ts";
import { type ReportContents, reportHead, reportTail } from "./report-page.ts";

const blockSize = 50;
const compress = promisify(gzip);

export interface WriteReportOptions {
  readonly paths: readonly string[];
  /** How many trajectories each question has. */
  readonly questions: ReadonlyMap<string, number>;
  /** How many trajectories the page holds at most; questions are chosen whole, so that runs stay comparable. */
  readonly embed: number;
  readonly signal?: AbortSignal;
}

/**
 * Writes the page as it goes, a block of trajectories in memory at a time; the file appears when it is whole.
 *
 * @throws `file_unwritable`; `page_missing` when the package was not built.
 */
export async function writeReportPage(file: string, contents: ReportContents, options: WriteReportOptions): Promise<{ readonly embedded: number }> {
  const assets = await readPage();
  const partial = `${file}.part`;
  const summaries: Summary[] = [];
  const page = async function* () {
    yield await reportHead(contents, assets);
    yield* trajectoryBlocks(summaries, options);
    yield reportTail(assets);
  };
  try {
    await pipeline(page, createWriteStream(partial), options.signal ? { signal: options.signal } : {});
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new ApprenticeError("file_unwritable", `${file} cannot be written: ${error.message}`, { cause: error });
  }
  return { embedded: summaries.length };
}

/** The chosen trajectories, and after them their summaries, which are gathered on the way. */
async function* trajectoryBlocks(summaries: Summary[], { paths, questions, embed, signal }: WriteReportOptions): AsyncGenerator<string> {
  const chosen = chooseQuestions(questions, embed);
  const keys = new Set<string>();
  let block: Trajectory[] = [];
  let blocks = 0;
  for (const journal of await findJournals(paths)) {
    for await (const read of readJournal(journal, signal)) {
      if ("problem" in read || !chosen.has(read.trajectory.question.id)) continue;
      const { trajectory } = read;
      const key = freeKey(journal.run, trajectory.id, keys);
      keys.add(key);
      summaries.push(summarise(trajectory, journal.run, key));
      block.push(trajectory);
      if (block.length < blockSize) continue;
      yield blockElement(blocks, await packed(block));
      [block, blocks] = [[], blocks + 1];
    }
  }
  if (block.length > 0) yield blockElement(blocks, await packed(block));
  const head: EmbeddedHead = { summaries, blockSize };
  const trajectories = [...questions.values()].reduce((sum, runs) => sum + runs, 0);
  const note = summaries.length < trajectories ? ` data-note="This page holds ${summaries.length} of ${trajectories} trajectories."` : "";
  yield `<script type="text/plain" id="trajectories"${note}>${await packed(head)}</script>\n`;
}

function blockElement(number: number, content: string): string {
  return `<script type="text/plain" id="block-${number}">${content}</script>\n`;
}

/** As many questions, in the order of a hash, as fit with all their runs. */
function chooseQuestions(questions: ReadonlyMap<string, number>, embed: number): ReadonlySet<string> {
  const hash = (id: string) => createHash("sha256").update(id).digest().readUInt32BE(0);
  const hashes = new Map([...questions.keys()].map((id) => [id, hash(id)]));
  const chosen = new Set<string>();
  let held = 0;
  for (const id of [...questions.keys()].sort((a, b) => (hashes.get(a) ?? 0) - (hashes.get(b) ?? 0))) {
    held += questions.get(id) ?? 0;
    if (held > embed) break;
    chosen.add(id);
  }
  return chosen;
}

async function packed(value: unknown): Promise<string> {
  return (await compress(JSON.stringify(value))).toString("base64");
}
