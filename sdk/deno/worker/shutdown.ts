/**
 * When a process is asked to end.
 *
 * @module
 */

/** Fulfilled when the process receives SIGTERM or SIGINT (Ctrl-C). */
export function terminated(): Promise<void> {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGTERM", "SIGINT"];
  return new Promise((resolve) => {
    const heard = () => {
      for (const signal of signals) Deno.removeSignalListener(signal, heard);
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, heard);
  });
}
