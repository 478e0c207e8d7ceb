import { closeSync, createReadStream, openSync, fsyncSync } from "node:fs";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { ApprenticeError } from "../../errors.ts";
import { splitLines } from "../../lines.ts";
import type { Passage } from "../types.ts";
import type { BuildBm25Argument, Ranking } from "./worker-calls.ts";

/** Okapi BM25 (k1 = 1.2, b = 0.75) over stemmed words, by SQLite's FTS5. */
export interface Bm25 {
  search(query: string, k: number): Ranking;
}

const COMMIT_ROWS = 16_384;

/** Indexes the words of passages; the rows that an earlier, killed build committed are not done again. */
export async function buildBm25({ passagesPath, rows, outPath, progress }: BuildBm25Argument): Promise<undefined> {
  const database = await openDatabase(outPath);
  // The text stays where it is: only the words are kept here.
  database.exec("CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='', tokenize='porter unicode61')");
  database.exec("CREATE TABLE IF NOT EXISTS done (rows INTEGER)");
  const insert = database.prepare("INSERT INTO words (rowid, text) VALUES (?, ?)");
  const done = Number(database.prepare("SELECT max(rows) AS rows FROM done").get()?.["rows"] ?? 0);
  let row = 0;
  database.exec("BEGIN");
  for await (const { bytes } of splitLines(createReadStream(passagesPath))) {
    if (row++ < done) continue;
    const { title, text } = JSON.parse(bytes.toString()) as Passage;
    insert.run(row - 1, title === undefined ? text : `${title}\n${text}`);
    if (row % COMMIT_ROWS === 0) {
      commit(database, row);
      progress[0] = row;
      if (Atomics.load(progress, 1) === 1) throw new ApprenticeError("interrupted", "Interrupted; run the command again to go on.");
      database.exec("BEGIN");
    }
  }
  commit(database, rows);
  database.exec("INSERT INTO words (words) VALUES ('optimize')");
  database.close();
  const file = openSync(outPath, "r+");
  fsyncSync(file);
  closeSync(file);
  return undefined;
}

function commit(database: DatabaseSync, rows: number): void {
  database.prepare("INSERT INTO done VALUES (?)").run(rows);
  database.exec("COMMIT");
}

export async function openBm25(path: string): Promise<Bm25> {
  const database = await openDatabase(path, true);
  const select = database.prepare("SELECT rowid AS row, -bm25(words) AS score FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?");
  return {
    search(query, k) {
      const words = [...new Set(query.toLowerCase().match(/[\p{L}\p{N}]+/gu))].slice(0, MAX_WORDS);
      if (words.length === 0) return [];
      const match: SQLInputValue = words.map((word) => `"${word}"`).join(" OR ");
      return select.all(match, k).map(({ row, score }) => ({ row: Number(row), score: Number(score) }));
    },
  };
}

/** Of a query; the rest is not looked at. */
const MAX_WORDS = 64;

async function openDatabase(path: string, readOnly = false): Promise<DatabaseSync> {
  const sqlite = await import("node:sqlite").catch((error: unknown) => {
    throw new ApprenticeError("bm25_unavailable", "Search by words needs the SQLite of Node 22.13 or newer.", { cause: error });
  });
  return new sqlite.DatabaseSync(path, { readOnly });
}
