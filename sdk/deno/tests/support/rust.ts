/** Reads the tables of the coordinator's own tests, so that they are the oracle of ours. */

const LITERAL = /r#"([^]*?)"#|"((?:[^"\\]|\\[^])*)"/;
const PAIR = new RegExp(`\\(\\s*(?:${LITERAL.source}),\\s*(?:${LITERAL.source}),?\\s*\\)`, "g");

/** Each `("source", "expected")` of a Rust source, by the test that it stands in. */
export function rustPairs(text: string): { test: string; source: string; expected: string }[] {
  return text.split(/\nfn /).slice(1).flatMap((body) => {
    const test = body.slice(0, body.indexOf("("));
    const code = body.replace(/^\s*\/\/.*$/gm, "");
    return Array.from(code.matchAll(PAIR), ([, raw1, plain1, raw2, plain2]) => ({
      test,
      source: raw1 ?? unescapeRust(plain1 ?? ""),
      expected: raw2 ?? unescapeRust(plain2 ?? ""),
    }));
  });
}

/** The strings that stand on lines of their own in the function of this name. */
export function rustStrings(text: string, test: string): string[] {
  const body = text.slice(text.indexOf(`fn ${test}(`)).split(/\n}\n/)[0] ?? "";
  const line = new RegExp(`^\\s+(?:${LITERAL.source}),$`, "gm");
  return Array.from(body.matchAll(line), ([, raw, plain]) => raw ?? unescapeRust(plain ?? ""));
}

function unescapeRust(text: string): string {
  const named: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0" };
  return text.replace(
    /\\(?:u\{([0-9a-f]+)\}|x([0-9a-f]{2})|([^]))/gi,
    (_, code, byte, char) =>
      char === undefined ? String.fromCodePoint(parseInt(code ?? byte, 16)) : named[char] ?? char,
  );
}
