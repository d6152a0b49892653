// SPDX-License-Identifier: MIT
// Node's undici: a pool with a connection for each that runs abreast, its quickest documented call, the token kept.
import { readFileSync } from "node:fs";
import { Pool } from "undici";

const [host, port, tls, ca, countText, abreastText, path, token, body] = process.argv.slice(2);
const count = Number(countText), abreast = Number(abreastText);
const pool = new Pool(`${tls === "1" ? "https" : "http"}://${host}:${port}`, {
  connections: abreast, pipelining: 1, connect: tls === "1" ? { ca: readFileSync(ca) } : undefined,
});
const options = {
  path, method: "POST", body, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
};
let took = [];

async function send() {
  const began = performance.now();
  const { statusCode, body: answer } = await pool.request(options);
  await answer.dump();
  if (statusCode !== 202) throw new Error(`status ${statusCode}`);
  took.push(performance.now() - began);
}

async function all(n) {
  let left = n;
  async function worker() {
    while (left > 0) {
      left -= 1;
      await send();
    }
  }
  await Promise.all(Array.from({ length: abreast }, worker));
}

await all(Math.min(abreast, count));
took = [];
const cpu = process.cpuUsage(), began = performance.now();
await all(count);
const seconds = (performance.now() - began) / 1000;
const used = process.cpuUsage(cpu);
took.sort((a, b) => a - b);
console.log(JSON.stringify({
  requests: count, seconds, cpu_us: (used.user + used.system) / count, p50_us: took[Math.floor(count * 0.5)] * 1000,
  p99_us: took[Math.floor(count * 0.99)] * 1000, rss_kb: process.resourceUsage().maxRSS,
}));
await pool.close();
