// The closed loop of the load programs in Node.js: callers that each have one job at a time, and what is measured.

import { once } from "node:events";
import { parseArgs } from "node:util";
import { setTimeout as wait } from "node:timers/promises";

export const RESULT = process.env.PEER_RESULT;

// The numbers that the runner passes: inFlight, warmUpSeconds, seconds.
export function load() {
  const options = Object.fromEntries(["in-flight", "warm-up-seconds", "seconds"].map((name) => [name, { type: "string" }]));
  const { values } = parseArgs({ options });
  const number = (name) => {
    const read = Number(values[name]);
    if (!Number.isFinite(read)) throw new Error(`--${name}: ${values[name]}`);
    return read;
  };
  return { inFlight: number("in-flight"), warmUpSeconds: number("warm-up-seconds"), seconds: number("seconds") };
}

// `job()` starts one job and resolves with the last step's result once its end is durable.
export async function closedLoop({ inFlight, warmUpSeconds, seconds }, job) {
  console.log("ready");
  await once(process.stdin, "data");
  process.stdin.pause();
  const latencies_us = [];
  let open = false;
  let over = false;
  const call = async () => {
    while (!over) {
      const begun = performance.now();
      if ((await job()) !== RESULT) throw new Error("a job returned something else");
      if (open) latencies_us.push(Math.round((performance.now() - begun) * 1000));
    }
  };
  const callers = Promise.all(Array.from({ length: inFlight }, call));
  const measured = async () => {
    await wait(warmUpSeconds * 1000);
    console.log("measuring");
    const begun = performance.now();
    open = true;
    await wait(seconds * 1000);
    open = false;
    const took = (performance.now() - begun) / 1000;
    console.log("measured");
    over = true;
    return took;
  };
  const [took] = await Promise.all([measured(), callers]);
  console.log(JSON.stringify({ seconds: took, latencies_us }));
}
