/**
 * What is refused of an expression's text before it is parsed: length, nesting, names with a leading dot.
 *
 * @module
 */

/** Deepest nesting of brackets that is parsed. */
const DEPTH_MAX = 32;

/** Literals and comments, longest first; then everything else, character by character. */
const TOKEN =
  /[rRbB]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')|\/\/[^\n]*|[A-Za-z0-9_]+|\s+|[^]/g;

/** Why a text cannot be accepted, or undefined when it can be parsed. */
export function refusedSource(source: string): string | undefined {
  let depth = 0;
  let operand = false;
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (/^(?:\s|\/\/)/.test(token)) continue;
    if (token === "." && !operand && !/^[0-9]/.test(source.slice(index + 1))) {
      return `${place(source, index)}: a name does not begin with a dot`;
    }
    if (/^[([{]$/.test(token)) depth++;
    if (/^[)\]}]$/.test(token)) depth--;
    if (depth > DEPTH_MAX) return `${place(source, index)}: nested more than ${DEPTH_MAX} deep`;
    // What a dot may follow.
    operand = /[\w)\]}"'`]$/.test(token);
  }
  return undefined;
}

/** `line:column` of an offset. */
export function place(source: string, offset: number): string {
  const before = source.slice(0, offset).split("\n");
  return `${before.length}:${[...before.at(-1) ?? ""].length + 1}`;
}
