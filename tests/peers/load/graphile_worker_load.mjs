// Three jobs in a chain on graphile-worker, with the callers in the worker's process: it is a library.
//
// It has no workflows. Each job adds the next before it completes, as its documentation shows; completing is batched, so
// both cannot be one transaction: a worker that is killed between them runs the job again, and with it the rest of the
// chain. The caller learns the end from `job:complete`, which is sent when the completion is in the database.

import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { Logger, run } from "graphile-worker";
import pg from "pg";
import { RESULT, closedLoop, load } from "./closed_loop.mjs";

const LAST = "s2";
const arguments_ = load();
const pool = new pg.Pool({ host: process.env.PEER_POSTGRES, user: "peer", database: "postgres", max: 25 });
const events = new EventEmitter();
const waiting = new Map();
events.on("job:complete", ({ job, error }) => {
  if (job.task_identifier !== LAST && !error) return;
  const { resolve, reject } = waiting.get(job.payload.chain);
  waiting.delete(job.payload.chain);
  if (error) reject(error);
  else resolve(job.payload.result);
});

const next = (identifier) => async (payload, helpers) => {
  await helpers.addJob(identifier, { chain: payload.chain, result: RESULT });
};
const runner = await run({
  preset: {
    worker: {
      concurrentJobs: 24,
      // As in its own performance test: one more than concurrentJobs, the documented start, measured no better.
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  pgPool: pool,
  events,
  noHandleSignals: true,
  logger: new Logger(() => () => {}),
  taskList: { s0: next("s1"), s1: next(LAST), [LAST]: async () => {} },
});

const job = async () => {
  const chain = randomUUID();
  const ended = new Promise((resolve, reject) => waiting.set(chain, { resolve, reject }));
  await runner.addJob("s0", { chain, result: RESULT });
  return ended;
};
await closedLoop(arguments_, job);
await runner.stop();
await pool.end();
