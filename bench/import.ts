// What `import "apprentice"` adds to the start of Node. Needs `npm run build`.
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { median } from "./stats.ts";

const dist = resolve(import.meta.dirname, "../dist/index.js");
const script = `const start = performance.now(); await import(${JSON.stringify(dist)}); console.log(performance.now() - start);`;
const times = Array.from({ length: 21 }, () => Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })));
console.log(JSON.stringify({ name: 'import "apprentice"', runs: times.length, medianMs: Number(median(times).toPrecision(3)) }));
