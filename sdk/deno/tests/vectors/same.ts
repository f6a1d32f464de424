/** Whether two JSON texts are the same value: numbers exactly, members of an object in any order. */

import { Cursor } from "../../model/json/scan.ts";

export function isSameValue(a: string, b: string): boolean {
  return canonical(new Cursor(a)) === canonical(new Cursor(b));
}

function canonical(cursor: Cursor): string {
  const next = cursor.peek();
  if (next === "{") {
    const members: [string, string][] = [];
    for (cursor.enter("{"); cursor.more();) members.push([cursor.key() ?? "", canonical(cursor)]);
    members.sort(([x], [y]) => (x < y ? -1 : 1));
    return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
  }
  if (next === "[") {
    const items: string[] = [];
    for (cursor.enter("["); cursor.more();) items.push(canonical(cursor));
    return `[${items.join(",")}]`;
  }
  if (next === '"') return JSON.stringify(cursor.string());
  const token = cursor.value() ?? "";
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(token);
  if (match === null) return token;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  return short === "" ? "0" : `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}
