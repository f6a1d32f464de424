/**
 * Typed readers over JSON text: each knows its place and reports what is wrong there, and reading goes on.
 *
 * A reader keeps the exact text of its value. It is split into members only when an object or array is asked for, so
 * that what the author owns (`config`, `input`) is never taken apart. Readers answer undefined when an issue says why.
 *
 * @module
 */

import { type Issue, issue } from "../engine/issue.ts";
import { Cursor, escapePointer } from "../json/scan.ts";
import { formatDurationMs, parseDurationMs } from "./duration.ts";

/** The forms of names: of plans, functions and queues; of steps, which can stand in an expression; of failure codes. */
export const FORMS = {
  name: "[a-z][a-z0-9_.-]{0,62}",
  key: "[a-z][a-z0-9_]{0,62}",
  code: "[A-Z][A-Z0-9_]{0,63}",
} as const;

/** The least and the most that is allowed. */
export type Range = readonly [number, number];

/** A value and its place in the document. */
export class Field {
  readonly path: string;
  readonly text: string;
  readonly issues: Issue[];

  constructor(path: string, text: string, issues: Issue[]) {
    this.path = path;
    this.text = text;
    this.issues = issues;
  }

  /** Reports a problem with this value; always undefined, so that a reader can end with it. */
  refuse(code: string, message: string): undefined {
    this.issues.push(issue(this.path, code, message));
    return undefined;
  }

  #expected(what: string): undefined {
    return this.refuse("FIELD_TYPE", `expected ${what}`);
  }

  /** The members of an object. */
  object(): Members | undefined {
    const cursor = new Cursor(this.text);
    if (!cursor.enter("{")) return this.#expected("an object");
    const members = new Map<string, string>();
    while (cursor.more()) members.set(cursor.key() ?? "", cursor.value() ?? "");
    return new Members(this.path, members, this.issues);
  }

  /** The elements of an array, at most so many. */
  list(max: number, tooLong = "LIST_TOO_LONG"): Field[] | undefined {
    const cursor = new Cursor(this.text);
    if (!cursor.enter("[")) return this.#expected("an array");
    const items: Field[] = [];
    while (cursor.more()) items.push(new Field(`${this.path}/${items.length}`, cursor.value() ?? "", this.issues));
    if (items.length > max) return this.refuse(tooLong, `${items.length} elements; at most ${max} are allowed`);
    return items;
  }

  /** Whether it is a string. */
  isText(): boolean {
    return this.text.startsWith('"');
  }

  /** The string. */
  string(): string | undefined {
    const text = new Cursor(this.text).string();
    if (text !== undefined) return text;
    return this.#expected(/^[0-9]/.test(this.text) ? "a string (in YAML, put quotes around it)" : "a string");
  }

  /** A text for people or for comparison: not empty, at most so many characters. */
  shortText(charsMax: number): string | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    if (text === "") return this.refuse("TEXT_INVALID", "empty; leave the field out instead");
    const length = [...text].length;
    if (length > charsMax) {
      return this.refuse("TEXT_INVALID", `${length} characters; at most ${charsMax} are allowed`);
    }
    return text;
  }

  /** A name of the given form. */
  name(form: keyof typeof FORMS): string | undefined {
    const text = this.string();
    if (text === undefined || new RegExp(`^${FORMS[form]}$`).test(text)) return text;
    return this.refuse("NAME_INVALID", `expected ${FORMS[form]}`);
  }

  /** An array of names, each once. */
  names(form: keyof typeof FORMS, max: number): string[] {
    const names: string[] = [];
    for (const item of this.list(max) ?? []) {
      const name = item.name(form);
      if (name === undefined) continue;
      if (names.includes(name)) item.refuse("LIST_REPEATS", `\`${name}\` stands here twice`);
      else names.push(name);
    }
    return names;
  }

  /** `true` or `false`. */
  boolean(): boolean | undefined {
    if (this.text === "true" || this.text === "false") return this.text === "true";
    return this.#expected("true or false");
  }

  /** A whole number within a range, written without a point or exponent. */
  whole(range: Range): number | undefined {
    const number = this.#number();
    if (number === undefined) return undefined;
    const fits = /^[0-9]+$/.test(this.text) && number >= range[0] && number <= range[1];
    return fits ? number : this.#outOfRange("a whole number", String(range[0]), String(range[1]));
  }

  /** A number within a range. */
  number(range: Range): number | undefined {
    const number = this.#number();
    if (number === undefined || (number >= range[0] && number <= range[1])) return number;
    return this.#outOfRange("a number", String(range[0]), String(range[1]));
  }

  #number(): number | undefined {
    if (!/^[-0-9]/.test(this.text)) return this.#expected("a number");
    const number = Number(this.text);
    return Number.isFinite(number) ? number : this.refuse("NUMBER_OUT_OF_RANGE", "too large");
  }

  /** A duration within a range, in milliseconds. */
  durationMs(range: Range): number | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const ms = parseDurationMs(text);
    if (ms === undefined) {
      return this.refuse("DURATION_INVALID", "expected whole numbers with units, like 250ms, 5s or 1h30m");
    }
    if (ms >= range[0] && ms <= range[1]) return Number(ms);
    return this.#outOfRange("a duration", formatDurationMs(range[0]), formatDurationMs(range[1]));
  }

  /** One of these values. */
  choice<C extends string>(all: readonly C[]): C | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    return all.find((choice) => choice === text) ??
      this.refuse("CHOICE_INVALID", `expected one of ${all.join(", ")}`);
  }

  #outOfRange(what: string, least: string, most: string): undefined {
    return this.refuse("NUMBER_OUT_OF_RANGE", `expected ${what} from ${least} to ${most}`);
  }
}

/** The members of an object that were not read yet. */
export class Members {
  readonly #path: string;
  readonly #fields: Map<string, string>;
  readonly #issues: Issue[];

  constructor(path: string, fields: Map<string, string>, issues: Issue[]) {
    this.#path = path;
    this.#fields = fields;
    this.#issues = issues;
  }

  /** Takes a member, if it is there. */
  take(name: string): Field | undefined {
    const text = this.#fields.get(name);
    this.#fields.delete(name);
    return text === undefined ? undefined : this.#place(name, text);
  }

  /** Takes a member that must be there. */
  require(name: string): Field | undefined {
    return this.take(name) ?? this.refuseMissing(name, `\`${name}\` is missing`);
  }

  /** Reports that a member is not there. */
  refuseMissing(name: string, message: string): undefined {
    return this.#place(name, "").refuse("FIELD_REQUIRED", message);
  }

  /** Takes a member that an object of this kind has no use for, and says so. */
  refuseField(name: string, why: string): void {
    this.take(name)?.refuse("FIELD_UNSUPPORTED", why);
  }

  /** Reports a problem with the object as a whole. */
  refuse(code: string, message: string): undefined {
    this.#issues.push(issue(this.#path, code, message));
    return undefined;
  }

  /** What is left is unknown. */
  finish(): void {
    for (const [name, text] of this.#fields) {
      this.#place(name, text).refuse("FIELD_UNKNOWN", "there is no such field here");
    }
  }

  #place(name: string, text: string): Field {
    return new Field(`${this.#path}/${escapePointer(name)}`, text, this.#issues);
  }
}
