/**
 * Where a worker's own words go.
 *
 * @module
 */

import type { Level } from "../model/mod.ts";

/** Takes one line of a worker's log, or of a function's, with its fields. */
export type Log = (level: Level, message: string, fields: Readonly<Record<string, unknown>>) => void;

/** One line of text on standard error; what is for authors only is left out. */
export const logToConsole: Log = (level, message, fields) => {
  if (level === "debug") return;
  const written = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`).join("");
  console.error(`${level.toUpperCase()} ${message}${written}`);
};
