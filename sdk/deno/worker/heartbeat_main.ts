/**
 * Where the heartbeat thread begins: a Web Worker that runs this module.
 *
 * @module
 */

import { Beater, type Channel } from "./heartbeat_thread.ts";

new Beater(self as unknown as Channel);
