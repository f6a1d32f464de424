/** The real coordinator, of this repository or the one that ESTEIRA_BIN names; a missing binary is an error. */

import { REPO } from "../support/repo.ts";

/** How the line begins that announces the address. */
const ANNOUNCEMENT = "esteira: serving on ";

export class Server {
  private constructor(
    readonly endpoint: string,
    readonly folder: string,
    readonly child: Deno.ChildProcess,
    readonly read: Promise<void>,
  ) {}

  static async start(): Promise<Server> {
    const binary = Deno.env.get("ESTEIRA_BIN") ?? new URL("target/debug/esteira", REPO).pathname;
    const folder = await Deno.makeTempDir();
    const args = ["dev", "--listen", "127.0.0.1:0", "--data-dir", `${folder}/data`];
    const child = new Deno.Command(binary, { args, stdout: "piped", stderr: "piped", stdin: "null" }).spawn();
    const announced = Promise.withResolvers<string>();
    const read = Promise.all([listen(child.stdout, announced.resolve), listen(child.stderr, announced.resolve)]).then(
      () => {
        announced.reject(new Error(`${binary} ended before it served`));
      },
    );
    const address = await announced.promise;
    return new Server(address.startsWith("http") ? address : `http://${address}`, folder, child, read);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
    await this.read;
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function listen(stream: ReadableStream<Uint8Array>, announce: (address: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const at = line.indexOf(ANNOUNCEMENT);
      if (at >= 0) announce(line.slice(at + ANNOUNCEMENT.length).trim().split(/\s/)[0]!);
    }
  }
}
