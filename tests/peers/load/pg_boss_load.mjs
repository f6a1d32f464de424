// Three jobs in a chain on pg-boss, with the callers in the worker's process: it is a library.
//
// Workers take batches, and a batch's next jobs are inserted in the transaction that completes it (`transactional`). The
// last batch also notifies the callers in that transaction: PostgreSQL delivers it when the commit is durable.

import pg from "pg";
import { PgBoss } from "pg-boss";
import { RESULT, closedLoop, load } from "./closed_loop.mjs";

const QUEUES = ["s0", "s1", "s2"];
const CHANNEL = "peer_ended";
// A notification holds 8,000 bytes.
const CHAINS_PER_NOTIFICATION = 200;

const database = { host: process.env.PEER_POSTGRES, user: "peer", database: "postgres" };
const boss = new PgBoss({ ...database, max: 20, useListenNotify: true, schedule: false });
boss.on("error", (error) => {
  throw error;
});
await boss.start();

const waiting = new Map();
const listener = new pg.Client(database);
await listener.connect();
listener.on("notification", ({ payload }) => {
  for (const chain of JSON.parse(payload)) {
    waiting.get(chain)(RESULT);
    waiting.delete(chain);
  }
});
await listener.query(`LISTEN ${CHANNEL}`);

const passOn = (queue) => async (jobs, tx) => {
  await boss.insert(queue, jobs.map(({ data }) => ({ data: { chain: data.chain, result: RESULT } })), { db: tx });
};
const end = async (jobs, tx) => {
  for (let at = 0; at < jobs.length; at += CHAINS_PER_NOTIFICATION) {
    const chains = jobs.slice(at, at + CHAINS_PER_NOTIFICATION).map(({ data }) => data.chain);
    await tx.executeSql("SELECT pg_notify($1, $2)", [CHANNEL, JSON.stringify(chains)]);
  }
};
const options = { batchSize: 256, localConcurrency: 1, transactional: true, pollingIntervalSeconds: 0.5 };
for (const [index, queue] of QUEUES.entries()) {
  await boss.createQueue(queue, { notify: true, partition: true });
  const next = QUEUES[index + 1];
  await boss.work(queue, options, next ? passOn(next) : end);
}

let chains = 0;
const job = async () => {
  const chain = (chains += 1);
  const ended = new Promise((resolve) => waiting.set(chain, resolve));
  await boss.send(QUEUES[0], { chain, result: RESULT });
  return ended;
};
await closedLoop(load(), job);
await boss.stop();
await listener.end();
