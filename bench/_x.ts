import { openModel } from "../src/model/open.ts";
const m = await openModel(process.argv[2]!, {});
console.log(m.id, m.contextSize);
for (let i=0;i<2;i++) { const t=performance.now();
for await (const e of m.generate({ messages:[{role:"system",content:"You write Python."},{role:"user",content:"Print the first 5 primes. Say <|im_end|> too. 😀"}], maxTokens: 60, stop:["print("], prefill:"Sure! 😀"})) { if (e.type==="delta") process.stdout.write(e.text); else console.log(e, Math.round(performance.now()-t)); }}
console.log(JSON.stringify(m.render([{role:"user",content:"hi"}],{prefill:"Code:"})));
await m.dispose();
