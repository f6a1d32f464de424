// The three-step workflow on DBOS for TypeScript, with its callers in the same process: DBOS is a library.

import { DBOS } from "@dbos-inc/dbos-sdk";
import { RESULT, closedLoop, load } from "./closed_loop.mjs";

const step = async () => RESULT;
const steps = async (data) => {
  let result = data;
  for (const name of ["s0", "s1", "s2"]) {
    result = await DBOS.runStep(step, { name });
  }
  return result;
};
const threeSteps = DBOS.registerWorkflow(steps, { name: "threeSteps" });

DBOS.setConfig({
  name: "peer",
  systemDatabaseUrl: `postgresql://peer@localhost/postgres?host=${process.env.PEER_POSTGRES}`,
  systemDatabasePoolSize: Number(process.env.PEER_POOL_SIZE),
  logLevel: "error",
  runAdminServer: false,
});
await DBOS.launch();
await closedLoop(load(), () => threeSteps(RESULT));
await DBOS.shutdown();
