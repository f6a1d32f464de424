/** Reads decoded JSON as a shape, and says what is wrong with it. */

/** The members of an object that has no others than these. */
export function members(value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("expected an object");
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`there is no \`${unknown}\``);
  return value as Record<string, unknown>;
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("expected a text");
  return value;
}

export function flag(value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError("expected true or false");
  return value;
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("expected a list");
  return value;
}

/** A whole number of 64 bits. */
export function whole(value: unknown): bigint {
  const number = typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof number !== "bigint" || BigInt.asIntN(64, number) !== number) throw new TypeError("expected an integer");
  return number;
}

/** A whole number that counts something. */
export function count(value: unknown): number {
  const number = Number(whole(value));
  if (number < 0 || number > 2 ** 32 - 1) throw new TypeError("expected a count");
  return number;
}
