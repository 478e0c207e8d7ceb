#!/usr/bin/env node
const major = Number(process.versions.node.split(".")[0]);
if (major < 22) {
  process.stderr.write(`apprentice needs Node 22 or newer; this is ${process.version}. Install a newer Node, or use \`npx node@24\`.\n`);
  process.exit(1);
}
const { main } = await import("./program.ts");
await main(process.argv);
