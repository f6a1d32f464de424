/**
 * Errors that keep their code through the interpreter, which passes on nothing but the message.
 *
 * @module
 */

import { type ExpressionCode, ExpressionError } from "../model/mod.ts";

/** The code and text of such an error, if the message is of one. */
export function readCoded(message: string): ExpressionError | undefined {
  const match = /^(EXPRESSION_[A-Z_]+): ([^]*)$/.exec(message);
  return match === null ? undefined : new ExpressionError(match[1] as ExpressionCode, match[2] ?? "");
}

/** Overflow, division by zero, too much work. */
export function failed(message: string): Error {
  return new Error(`EXPRESSION_FAILED: ${message}`);
}

/** A value has the wrong type. */
export function wrongType(message: string): Error {
  return new Error(`EXPRESSION_TYPE: ${message}`);
}

/** It names data that is not there. */
export function missing(message: string): Error {
  return new Error(`EXPRESSION_MISSING_PATH: ${message}`);
}
