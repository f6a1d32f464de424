/**
 * Serves the functions of the kit until SIGTERM: what conformance tests run.
 *
 * `deno run -A conformance_worker.ts --server URL [--slots N] [--worker-id ID] [--spool DIR]`
 */

import { terminated, Worker } from "@esteira/sdk/worker";
import { KIT } from "./kit.ts";

/** What a wrong command line ends with, as in `sysexits.h`. */
const USAGE = 64;

function options(args: readonly string[]): Map<string, string> {
  const known = ["--server", "--slots", "--worker-id", "--spool"];
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const [name = "", value] = [args[at], args[at + 1]];
    if (!known.includes(name) || value === undefined) throw new TypeError(`unknown or without a value: ${name}`);
    given.set(name, value);
  }
  if (!given.has("--server")) throw new TypeError("--server is missing");
  return given;
}

async function main(): Promise<number> {
  let worker: Worker;
  try {
    const given = options(Deno.args);
    const [slots, workerId, spool] = ["--slots", "--worker-id", "--spool"].map((name) => given.get(name));
    worker = new Worker(given.get("--server")!, {
      functions: KIT,
      ...(slots === undefined ? {} : { slots: Number(slots) }),
      ...(workerId === undefined ? {} : { workerId }),
      ...(spool === undefined ? {} : { spool }),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return USAGE;
  }
  try {
    await worker.run(terminated());
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

// A function that was left alone must not keep the process.
Deno.exit(await main());
