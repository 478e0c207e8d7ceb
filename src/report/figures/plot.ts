import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { plainText } from "../tables/format.ts";
import type { FigurePoint, ReportFigure } from "./types.ts";

/** Colours of the stylesheet, so that a figure follows dark and light. */
const colours = 8;
/** More series make a figure that no one can read; the table below it has them all. */
const seriesAtMost = 16;
/** Pixels. */
const widest = 860;

/** A figure as SVG text: grouped bars, the paper's hollow, ours filled with their intervals. Absent when there is nothing to show. */
export function figureSvg({ title, measure, points }: ReportFigure): { readonly svg: string; readonly series: readonly Series[] } | undefined {
  if (points.length === 0) return undefined;
  const series = seriesOf(points);
  const shown = points.flatMap((point) => {
    const at = series.findIndex((each) => each.name === point.series && each.source === point.source);
    return at < 0 ? [] : [{ ...point, x: plainText(point.x), bar: String(at), colour: series[at]?.colour ?? "", interval: point.low !== undefined }];
  });
  const facets = [...new Set(shown.map(({ facet }) => facet))];
  const groups = [...new Set(shown.map(({ x }) => x))];
  const { document } = parseHTML("<html><body></body></html>");
  const place = { fx: "x", x: "bar" as const };
  const panels = facets.map((facet) => {
    const bars = shown.filter((point) => point.facet === facet);
    const ours = bars.filter(({ source }) => source === "ours");
    const paper = bars.filter(({ source }) => source === "paper");
    const inFacet = { groups: new Set(bars.map(({ x }) => x)).size, series: new Set(bars.map(({ bar }) => bar)).size };
    const plot = Plot.plot({
      document,
      width: Math.min(widest, 80 + Math.max(inFacet.groups * (inFacet.series * 44 + 16), 240)),
      height: 300,
      marginLeft: 46,
      marginTop: 34,
      className: "plot",
      fx: { domain: groups.filter((group) => bars.some(({ x }) => x === group)), label: null, padding: 0.12 },
      x: { axis: null, domain: series.map((_, at) => String(at)).filter((at) => bars.some(({ bar }) => bar === at)), padding: 0.12 },
      y: { label: facet === "" ? measure : `${facet} · ${measure}`, grid: true, zero: true, nice: true },
      marks: [
        Plot.barY(paper, { ...place, y1: 0, y2: "value", stroke: "colour", strokeWidth: 1.5, fill: "colour", fillOpacity: 0.12, insetLeft: 1, insetRight: 1, title: tip }),
        Plot.barY(ours, { ...place, y1: 0, y2: "value", fill: "colour", title: tip }),
        Plot.ruleX(ours.filter(({ interval }) => interval), { ...place, y1: "low", y2: "high", stroke: "currentColor", strokeWidth: 1.5 }),
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
      ],
    });
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", facet === "" ? title : `${title}: ${facet}`);
    // The page's stylesheet says what the plot's own would; a style element would be stopped by its content policy.
    for (const style of plot.querySelectorAll("style")) style.remove();
    return plot.outerHTML;
  });
  return { svg: panels.join("\n"), series };
}

export interface Series {
  readonly name: string;
  readonly source: FigurePoint["source"];
  readonly colour: string;
}

/** In the order in which they are met, the paper's and ours apart. */
function seriesOf(points: readonly FigurePoint[]): Series[] {
  const found = new Map<string, Series>();
  for (const { series: name, source } of points) {
    const key = `${source} ${name}`;
    if (!found.has(key) && found.size < seriesAtMost) found.set(key, { name, source, colour: `var(--plot-${found.size % colours})` });
  }
  return [...found.values()];
}

function tip({ series, source, value, low, high, n, x }: FigurePoint): string {
  const interval = low === undefined || high === undefined ? "" : ` (${low.toFixed(1)}–${high.toFixed(1)}, n = ${n})`;
  return plainText(`${x}: ${value.toFixed(2)}${interval}\n${series}, ${source}`);
}
