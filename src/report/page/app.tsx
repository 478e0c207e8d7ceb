import { useMemo, useRef, useState } from "preact/hooks";
import { standingOf } from "../../trajectory/standing.ts";
import type { Summary } from "../viewer/summary.ts";
import { Detail } from "./detail.tsx";
import { applyFilter, noFilter } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { count, plural } from "./format.ts";
import { keyHelp, useKeys } from "./keys.ts";
import { List } from "./list.tsx";
import { go, readRoute, useRoute } from "./route.ts";
import type { Source } from "./source.ts";
import { switchTheme } from "./theme.ts";
import { useSummaries } from "./use-summaries.ts";

/** The viewer: a list, and what was opened from it. */
export function App({ source }: { source: Source }) {
  const { all, byKey, runs, unreadable, connected, known } = useSummaries(source);
  const [filter, setFilter] = useState(noFilter);
  const route = useRoute();
  const help = useRef<HTMLDialogElement>(null);

  const rows = useMemo(() => applyFilter(all, filter), [all, filter]);
  const keys = route.view === "trajectory" ? [route.key] : route.view === "compare" ? [route.left, route.right] : [];
  const shown = keys.flatMap((key) => byKey.get(key) ?? []);
  const [left] = shown;
  const cursor = useMemo(() => (left ? rows.indexOf(left) : -1), [rows, left]);
  const siblings = useMemo(() => siblingsOf(left, all), [left, all]);

  const open = (row: Summary | undefined) => row && go({ view: "trajectory", key: row.key });
  const move = (by: number) => {
    // From the address, which is ahead of what is drawn when keys come quickly.
    const now = readRoute(location.hash);
    const from = now.view === "none" ? -1 : rows.findIndex(({ key }) => key === (now.view === "trajectory" ? now.key : now.left));
    open(rows[Math.min(Math.max(from + by, 0), rows.length - 1)]);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(10),
    PageUp: () => move(-10),
    Home: () => open(rows[0]),
    End: () => open(rows.at(-1)),
    n: () => jump(1),
    p: () => jump(-1),
    c: () => compare(left, siblings, route.view === "compare"),
    d: switchTheme,
    "/": () => document.getElementById("search")?.focus(),
    "?": () => help.current?.showModal(),
    Escape: () => go({ view: "none" }),
  });

  return (
    <div class={["app", ...(shown.length > 0 ? ["opened"] : []), ...(shown.length > 1 ? ["comparing"] : [])].join(" ")}>
      <header class="bar">
        <h1>Trajectories</h1>
        <p class="quiet" role="status">
          {rows.length === all.length ? plural(all.length, "trajectory").replace("trajectorys", "trajectories") : `${count(rows.length)} of ${count(all.length)}`}
          {all.length > 0 && ` · ${shareRight(rows)}`}
        </p>
        {source.live && <span class={connected ? "live" : "live off"}>{connected ? "live" : "not connected"}</span>}
        <button type="button" title="Dark or light (d)" aria-label="Dark or light" onClick={switchTheme}>
          ◐
        </button>
        <button type="button" title="Keys (?)" aria-label="Keys" onClick={() => help.current?.showModal()}>
          ?
        </button>
      </header>
      <aside class="side">
        <Filters filter={filter} runs={runs} onChange={setFilter} />
        {source.note !== undefined && <p class="notice">{source.note}</p>}
        {unreadable.count > 0 && (
          <p class="notice bad" title={unreadable.first}>
            {plural(unreadable.count, "line")} could not be read: {unreadable.first}
          </p>
        )}
        {rows.length > 0 ? (
          <List rows={rows} cursor={cursor} compared={shown[1]?.key} onOpen={open} />
        ) : (
          <Empty known={known} some={all.length > 0} live={source.live} onClear={() => setFilter(noFilter)} />
        )}
      </aside>
      <main class="main">
        {left ? (
          <Detail source={source} shown={shown} siblings={siblings} />
        ) : (
          <p class="empty">
            {keys.length > 0 && known ? "This trajectory is not here." : all.length > 0 ? "Choose a trajectory, or press j for the first." : ""}
          </p>
        )}
      </main>
      <dialog ref={help} aria-label="Keys" onClick={() => help.current?.close()}>
        <h2>Keys</h2>
        <dl class="keys">
          {keyHelp.map(([keys, does]) => (
            <div key={keys}>
              <dt>{keys}</dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </div>
  );
}

function Empty({ known, some, live, onClear }: { known: boolean; some: boolean; live: boolean; onClear(): void }) {
  if (!known) return <p class="empty loading">Reading…</p>;
  if (!some) return <p class="empty">{live ? "No trajectories yet. They appear here as soon as a run writes them." : "This page holds no trajectories."}</p>;
  return (
    <p class="empty">
      Nothing fits.{" "}
      <button type="button" onClick={onClear}>
        Show all
      </button>
    </p>
  );
}

function siblingsOf(one: Summary | undefined, all: readonly Summary[]): readonly Summary[] {
  if (!one) return [];
  return all.filter((other) => other !== one && other.question.id === one.question.id && other.question.text === one.question.text);
}

function compare(left: Summary | undefined, siblings: readonly Summary[], comparing: boolean): void {
  if (!left) return;
  const [only, ...more] = siblings;
  if (comparing) go({ view: "trajectory", key: left.key });
  else if (only && more.length === 0) go({ view: "compare", left: left.key, right: only.key });
  else document.getElementById("beside")?.focus();
}

/** Brings the next step to the top, in both panes where there are two. */
function jump(by: 1 | -1): void {
  for (const pane of document.querySelectorAll<HTMLElement>(".pane")) jumpIn(pane, by);
}

function jumpIn(pane: HTMLElement, by: 1 | -1): void {
  const tops = [...pane.querySelectorAll<HTMLElement>(".step")].map((step) => step.offsetTop - pane.offsetTop);
  const here = pane.scrollTop;
  const next = by > 0 ? tops.find((top) => top > here + 4) : (tops.findLast((top) => top < here - 4) ?? 0);
  if (next !== undefined) pane.scrollTop = next;
}

function shareRight(rows: readonly Summary[]): string {
  const graded = counted(rows).filter(({ verdict }) => verdict !== "ungraded");
  if (graded.length === 0) return "not graded";
  const right = graded.filter(({ verdict }) => verdict === "right").length;
  return `${((100 * right) / graded.length).toFixed(1)} % right`;
}

/** One row of each run: a run that failed or was interrupted is there again once it was repeated. */
function counted(rows: readonly Summary[]): readonly Summary[] {
  const byId = new Map<string, Summary>();
  for (const row of rows) {
    const id = JSON.stringify([row.run, row.id]);
    const before = byId.get(id);
    if (!before || standingOf(row.outcome) >= standingOf(before.outcome)) byId.set(id, row);
  }
  return [...byId.values()];
}
