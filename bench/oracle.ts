// The long oracle test: sessions that fork and commit, against interpreters that run the winners alone. `node bench/oracle.ts [seeds]`
import { seededRandom } from "../src/random.ts";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { compareWithReplay } from "../test/support/oracle.ts";

const seeds = Number(process.argv[2] ?? 40);
const [forking, replaying] = [pyodideSandbox(), pyodideSandbox({ workers: 1 })];
const total = { steps: 0, candidates: 0, mismatches: 0 };
for (let seed = 1; seed <= seeds; seed += 1) {
  const result = await compareWithReplay(forking, replaying, { steps: 50, samples: 4, random: seededRandom(seed), checkedLosers: 0.02 });
  total.steps += result.steps;
  total.candidates += result.candidates;
  total.mismatches += result.mismatches.length;
  for (const mismatch of result.mismatches) console.error(JSON.stringify({ seed, ...mismatch }));
}
console.log(JSON.stringify({ name: "oracle: forks and commits against replays", ...total }));
await Promise.all([forking.dispose(), replaying.dispose()]);
process.exitCode = total.mismatches === 0 ? 0 : 1;
