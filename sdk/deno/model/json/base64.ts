/**
 * Base64 (RFC 4648, with padding): how binary data stands in the array of a join.
 *
 * @module
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The text of the bytes. */
export function toBase64(bytes: Uint8Array): string {
  const text: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text.push(ALPHABET[word >> 18] ?? "", ALPHABET[(word >> 12) & 63] ?? "");
    text.push(
      b === undefined ? "=" : ALPHABET[(word >> 6) & 63] ?? "",
      c === undefined ? "=" : ALPHABET[word & 63] ?? "",
    );
  }
  return text.join("");
}

/** The bytes of a text; throws a `TypeError` when it is not Base64 with padding. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new TypeError("not Base64");
  }
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
