/**
 * The strict check of JSON text, as the coordinator makes it: form, depth, distinct keys, whole surrogate pairs.
 *
 * @module
 */

import { JSON_DEPTH_MAX } from "../limits.ts";
import { escapePointer, unescapeString } from "./scan.ts";

/** Longest path in an error; a longer one is cut. */
const PATH_CHARS_MAX = 256;

/** Why a text is not acceptable JSON. Holds object keys (in `path`), never values. */
export class JsonError extends Error {
  /** `JsonError`. */
  override readonly name = "JsonError";
  /** JSON Pointer of the value, or of the key, that was being read. */
  readonly path: string;

  /** With what is wrong, and where. */
  constructor(problem: string, offsetBytes: number, path: string) {
    super(`${problem} at byte ${offsetBytes}${path === "" ? "" : `, at ${path}`}`);
    this.path = path;
  }
}

/**
 * Checks that a text is one JSON value by RFC 8259, nested at most 64 deep, in which no object has a key twice and no
 * string has half of a surrogate pair. Numbers of any size are accepted: they are kept as text.
 *
 * @throws {JsonError} with the first problem, its place and path.
 */
export function checkJson(text: string): void {
  new Check(text).document();
}

class Check {
  #at = 0;
  #depth = 0;
  readonly #path: string[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    const broken = this.#text.isWellFormed() ? -1 : this.#text.search(/\p{Surrogate}/u);
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail("data after the JSON value");
    if (broken >= 0) {
      this.#at = broken;
      this.#fail("unexpected character");
    }
  }

  #fail(problem: string): never {
    let path = this.#path.map((token) => `/${escapePointer(token)}`).join("");
    if (path.length > PATH_CHARS_MAX) path = `${path.slice(0, PATH_CHARS_MAX).toWellFormed()}…`;
    const before = new TextEncoder().encode(this.#text.slice(0, this.#at).toWellFormed()).length;
    throw new JsonError(problem, before, path);
  }

  #unexpected(): never {
    this.#fail(this.#at < this.#text.length ? "unexpected character" : "the JSON text ends too early");
  }

  #space(): void {
    for (;; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
    }
  }

  #accept(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #value(): void {
    this.#space();
    const char = this.#text[this.#at];
    if (char === '"') this.#string();
    else if (char === "{") this.#nested(() => this.#object());
    else if (char === "[") this.#nested(() => this.#array());
    else if (char === "t") this.#word("true");
    else if (char === "f") this.#word("false");
    else if (char === "n") this.#word("null");
    else if (char !== undefined && (char === "-" || isDigit(char))) this.#number();
    else this.#unexpected();
  }

  #nested(read: () => void): void {
    if (this.#depth === JSON_DEPTH_MAX) this.#fail("nested too deeply");
    this.#depth++;
    this.#at++;
    read();
    this.#depth--;
  }

  #object(): void {
    if (this.#accept("}")) return;
    const keys = new Set<string>();
    do {
      this.#space();
      const start = this.#at;
      if (this.#text[start] !== '"') this.#unexpected();
      const key = this.#string();
      this.#path.push(key);
      if (keys.has(key)) {
        this.#at = start;
        this.#fail("duplicate object key");
      }
      keys.add(key);
      if (!this.#accept(":")) this.#unexpected();
      this.#value();
      this.#path.pop();
    } while (this.#accept(","));
    if (!this.#accept("}")) this.#unexpected();
  }

  #array(): void {
    if (this.#accept("]")) return;
    let index = 0;
    do {
      this.#path.push(String(index++));
      this.#value();
      this.#path.pop();
    } while (this.#accept(","));
    if (!this.#accept("]")) this.#unexpected();
  }

  #word(word: string): void {
    for (const char of word) {
      if (this.#text[this.#at] !== char) this.#unexpected();
      this.#at++;
    }
  }

  #number(): void {
    let end = this.#at;
    while (end < this.#text.length && isNumberUnit(this.#text.charCodeAt(end))) end++;
    // `01`, `1.`, `1e`, `-`: not all of it is a number.
    if (!NUMBER.test(this.#text.slice(this.#at, end))) this.#fail("malformed number");
    this.#at = end;
  }

  /** Reads a string, its escapes resolved. */
  #string(): string {
    const start = ++this.#at;
    let escaped = false;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(unit)) this.#unexpected();
      else if (unit === 0x22) break;
      else if (unit === 0x5c) {
        escaped = true;
        this.#escape();
      } else if (unit < 0x20) this.#fail("raw control character in a string");
      else this.#at++;
    }
    const raw = this.#text.slice(start, this.#at++);
    return escaped ? unescapeString(raw) : raw;
  }

  #escape(): void {
    const escape = this.#text[this.#at + 1];
    if (escape === undefined) {
      this.#at = this.#text.length;
      this.#unexpected();
    }
    if (escape !== "u") {
      if (!'"\\/bfnrt'.includes(escape)) this.#fail("malformed escape in a string");
      this.#at += 2;
      return;
    }
    const unit = this.#unit(this.#at);
    if (unit === undefined || (unit & 0xfc00) === 0xdc00) this.#fail("malformed escape in a string");
    const high = (unit & 0xfc00) === 0xd800;
    if (high && ((this.#unit(this.#at + 6) ?? 0) & 0xfc00) !== 0xdc00) this.#fail("malformed escape in a string");
    this.#at += high ? 12 : 6;
  }

  /** The code unit of a `\uXXXX` at this place. */
  #unit(at: number): number | undefined {
    const match = /^\\u([0-9a-fA-F]{4})$/.exec(this.#text.slice(at, at + 6));
    return match ? parseInt(match[1] ?? "", 16) : undefined;
  }
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** One of `0-9 + - . e E`. */
function isNumberUnit(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2d || unit === 0x2e || (unit | 0x20) === 0x65;
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}
