/** The real coordinator, of this repository or the one that ESTEIRA_BIN names; a missing binary is an error. */

import { REPO } from "../support/repo.ts";

/** How the line begins that announces the address. */
const ANNOUNCEMENT = "esteira: serving on ";

export class Server {
  #child: Deno.ChildProcess;
  #read: Promise<void>;

  private constructor(
    readonly endpoint: string,
    readonly folder: string,
    child: Deno.ChildProcess,
    read: Promise<void>,
  ) {
    this.#child = child;
    this.#read = read;
  }

  static async start(): Promise<Server> {
    const folder = await Deno.makeTempDir();
    const { address, child, read } = await spawn(folder, "127.0.0.1:0");
    return new Server(`http://${address}`, folder, child, read);
  }

  async kill9(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#read;
  }

  /** Starts it again where it was. */
  async restart(): Promise<void> {
    const { child, read } = await spawn(this.folder, new URL(this.endpoint).host);
    this.#child = child;
    this.#read = read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill9();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function spawn(
  folder: string,
  listenOn: string,
): Promise<{ address: string; child: Deno.ChildProcess; read: Promise<void> }> {
  const binary = Deno.env.get("ESTEIRA_BIN") ?? new URL("target/debug/esteira", REPO).pathname;
  const args = ["dev", "--listen", listenOn, "--data-dir", `${folder}/data`];
  const child = new Deno.Command(binary, { args, stdout: "piped", stderr: "piped", stdin: "null" }).spawn();
  const announced = Promise.withResolvers<string>();
  const streams = [child.stdout, child.stderr].map((stream) => listen(stream, announced.resolve));
  const read = Promise.all(streams).then(() => announced.reject(new Error(`${binary} ended before it served`)));
  const address = (await announced.promise).replace(/^https?:\/\//, "");
  return { address, child, read };
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
