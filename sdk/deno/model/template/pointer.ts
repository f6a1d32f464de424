/**
 * JSON Pointer (RFC 6901): parsed once, followed through text without building a tree.
 *
 * @module
 */

import { Cursor } from "../json/scan.ts";

/** The steps of a pointer, `~0` and `~1` resolved; throws a `SyntaxError` that says what is wrong with its form. */
export function parsePointer(pointer: string): string[] {
  if (!pointer.startsWith("/")) throw new SyntaxError("a JSON Pointer begins with `/`");
  return pointer.slice(1).split("/").map((raw) => {
    if (/~(?![01])/.test(raw)) {
      throw new SyntaxError("in a JSON Pointer `~` is written `~0`, and `/` in a key is written `~1`");
    }
    return raw.replaceAll("~1", "/").replaceAll("~0", "~");
  });
}

/** The text of the value that the steps lead to, exactly as written; undefined when there is none. */
export function follow(text: string, tokens: readonly string[]): string | undefined {
  const cursor = new Cursor(text);
  for (const token of tokens) {
    const found = cursor.peek() === "{" ? member(cursor, token) : item(cursor, token);
    if (!found) return undefined;
  }
  return cursor.value();
}

function member(cursor: Cursor, name: string): boolean {
  cursor.enter("{");
  while (cursor.more()) {
    const key = cursor.key();
    if (key === name) return true;
    if (key === undefined || cursor.value() === undefined) return false;
  }
  return false;
}

function item(cursor: Cursor, token: string): boolean {
  if (!/^(?:0|[1-9][0-9]*)$/.test(token) || !cursor.enter("[")) return false;
  for (let left = Number(token);; left--) {
    if (!cursor.more()) return false;
    if (left === 0) return true;
    if (cursor.value() === undefined) return false;
  }
}
