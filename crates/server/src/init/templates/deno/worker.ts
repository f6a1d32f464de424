/** Serves the function until SIGTERM or Ctrl-C. */

import { terminated, Worker } from "@esteira/sdk/worker";
import { greet } from "./function.ts";

const endpoint = Deno.env.get("ESTEIRA_SERVER") ?? "http://127.0.0.1:7440";
await new Worker(endpoint, { functions: [greet], slots: 8 }).run(terminated());
