/**
 * Walking JSON text that was checked before, without building a tree. Every step answers `undefined` on text that is
 * not JSON, so that unchecked text is an error and never an exception.
 *
 * @module
 */

/** A place in JSON text. */
export class Cursor {
  readonly #text: string;
  #at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  /** The same place, to go on from separately. */
  copy(): Cursor {
    return new Cursor(this.#text, this.#at);
  }

  /** The offset of the next thing that is not white space. */
  offset(): number {
    this.peek();
    return this.#at;
  }

  /** The offset that was reached. */
  position(): number {
    return this.#at;
  }

  /** The next character that is not white space. */
  peek(): string | undefined {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text[this.#at];
  }

  /** Steps into an object (`{`) or array (`[`). */
  enter(bracket: "{" | "["): boolean {
    if (this.peek() !== bracket) return false;
    this.#at++;
    return true;
  }

  /** Whether the array or object that was entered has another member; steps to it, or past the end. */
  more(): boolean | undefined {
    const next = this.peek();
    if (next === undefined) return undefined;
    if (next === "," || next === "}" || next === "]") this.#at++;
    return next !== "}" && next !== "]";
  }

  /** The next key, escapes resolved, and its colon. */
  key(): string | undefined {
    const key = this.string();
    if (key === undefined || this.peek() !== ":") return undefined;
    this.#at++;
    return key;
  }

  /** The next string, escapes resolved. */
  string(): string | undefined {
    if (this.peek() !== '"') return undefined;
    const start = this.#at + 1;
    const end = stringEnd(this.#text, start);
    if (end === undefined) return undefined;
    this.#at = end;
    return unescapeString(this.#text.slice(start, end - 1));
  }

  /** The text of the next value, without the space around it; steps past it. */
  value(): string | undefined {
    const first = this.peek();
    if (first === undefined) return undefined;
    const start = this.#at;
    const end = first === '"'
      ? stringEnd(this.#text, start + 1)
      : first === "{" || first === "["
      ? containerEnd(this.#text, start)
      : scalarEnd(this.#text, start);
    if (end === undefined || end === start) return undefined;
    this.#at = end;
    return this.#text.slice(start, end);
  }
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** Past the closing quote of the string whose contents begin at `at`. */
function stringEnd(text: string, at: number): number | undefined {
  for (;;) {
    const unit = text.charCodeAt(at);
    if (Number.isNaN(unit)) return undefined;
    if (unit === 0x22) return at + 1;
    at += unit === 0x5c ? 2 : 1;
  }
}

function containerEnd(text: string, at: number): number | undefined {
  let depth = 0;
  for (;;) {
    const char = text[at];
    if (char === undefined) return undefined;
    if (char === '"') {
      const end = stringEnd(text, at + 1);
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    at++;
    if (depth === 0) return at;
  }
}

function scalarEnd(text: string, at: number): number {
  for (;; at++) {
    const unit = text.charCodeAt(at);
    if (Number.isNaN(unit) || unit === 0x2c || unit === 0x7d || unit === 0x5d || isSpace(unit)) return at;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Resolves the escapes of a JSON string's contents. What no checked string holds becomes U+FFFD. */
export function unescapeString(raw: string): string {
  if (!raw.includes("\\")) return raw;
  const text = raw.replace(/\\(?:u([0-9a-fA-F]{4})|u|(.))/gs, (_, unit?: string, char?: string) => {
    if (unit !== undefined) return String.fromCharCode(parseInt(unit, 16));
    return char === undefined ? "\ufffd" : ESCAPES[char] ?? char;
  });
  return text.toWellFormed();
}

/** A JSON string as the coordinator writes it. */
export function quoted(text: string): string {
  // Only what must be escaped is; `JSON.stringify` would write \b and \f by their letters.
  const body = text.replace(/["\\\p{Cc}]/gu, (char) => {
    switch (char) {
      case '"':
        return '\\"';
      case "\\":
        return "\\\\";
      case "\n":
        return "\\n";
      case "\r":
        return "\\r";
      case "\t":
        return "\\t";
      default:
        // The control characters from U+007F on stand as they are.
        return char >= "\x7f" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    }
  });
  return `"${body}"`;
}

/** A key as a token of a JSON Pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
