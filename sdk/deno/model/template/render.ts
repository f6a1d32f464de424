/**
 * From the parts of a template, and a scope, to a payload.
 *
 * @module
 */

import { type Evaluate, ExpressionError, type JobScope, missingPath, type Scope } from "../evaluate.ts";
import { checkJson } from "../json/check.ts";
import { compareTexts } from "../json/order.ts";
import { PAYLOAD_BYTES_MAX } from "../limits.ts";
import { Payload, utf8Length } from "../payload.ts";
import type { Part, Parts, Reference, Template } from "./compile.ts";
import { follow } from "./pointer.ts";

/** The payload that the template builds; throws an {@link ExpressionError}. */
export function renderTemplate(template: Template, scope: Scope, evaluate: Evaluate): Payload {
  const [first, second] = template.parts;
  // A template that is one reference to a whole payload is that payload, which may be binary.
  if (second === undefined && first?.kind === "ref" && first.tokens.length === 0) {
    const payload = whole(first, scope);
    if (payload !== undefined) return payload;
  }
  const text = new Rendering(scope, evaluate).parts(template.parts);
  try {
    // Each piece was checked; put together they may be too deep.
    checkJson(text);
  } catch (problem) {
    throw failed(`the result is not acceptable: ${problem instanceof Error ? problem.message : problem}`);
  }
  return Payload.json(text);
}

/** The payload itself that a reference names; undefined where what it names is no payload. */
function whole(reference: Reference, scope: Scope): Payload | undefined {
  const { source } = reference;
  let payload: Payload | undefined;
  if (source.kind === "input") payload = scope.input;
  else if (source.kind === "step") payload = scope.steps.get(source.key);
  else if (source.kind === "job_input") payload = scope.job.input;
  else return undefined;
  if (payload === undefined || payload.body.kind === "none") throw missingPath(reference.pointer);
  return payload;
}

class Rendering {
  readonly #scope: Scope;
  readonly #evaluate: Evaluate;

  constructor(scope: Scope, evaluate: Evaluate) {
    this.#scope = scope;
    this.#evaluate = evaluate;
  }

  parts(parts: Parts): string {
    let text = "";
    for (const part of parts) text = withinBounds(text + this.#part(part));
    return text;
  }

  #part(part: Part): string {
    switch (part.kind) {
      case "text":
        return part.text;
      case "ref":
        return this.#reference(part);
      case "cel":
        return this.#evaluate.expression(part.source, this.#scope);
      case "default":
        return this.#firstThere(part.operands);
      case "concat":
        return this.#concat(part.operands);
    }
  }

  #firstThere(choices: readonly Parts[]): string {
    let last = failed("`$default` without a choice");
    for (const choice of choices) {
      try {
        return this.parts(choice);
      } catch (error) {
        if (!(error instanceof ExpressionError) || error.code !== "EXPRESSION_MISSING_PATH") throw error;
        last = error;
      }
    }
    throw last;
  }

  #concat(operands: readonly Parts[]): string {
    let text = "";
    for (const parts of operands) {
      const operand = this.parts(parts).trim();
      if (operand.length < 2 || !operand.startsWith('"') || !operand.endsWith('"')) {
        throw new ExpressionError("EXPRESSION_TYPE", "`$concat` joins strings; one of these is not");
      }
      // The escapes of JSON strings stand for themselves in any JSON string.
      text = withinBounds(text + operand.slice(1, -1));
    }
    return `"${text}"`;
  }

  /** The text of what a reference names, exactly as it was written. */
  #reference(reference: Reference): string {
    const { source, tokens, pointer } = reference;
    const found = (text: string | undefined) => {
      const value = text === undefined || text === "" ? undefined : follow(text, tokens);
      if (value === undefined) throw missingPath(pointer);
      return value;
    };
    if (source.kind === "item") return found(itemJson(this.#scope.itemPath));
    if (source.kind === "job") return found(jobJson(this.#scope.job, tokens.length === 0));
    if (source.kind === "config") return found(this.#scope.configJson);
    const payload = whole(reference, this.#scope);
    if (payload?.body.kind === "binary" && tokens.length === 0) {
      throw new ExpressionError("EXPRESSION_TYPE", `${pointer} is binary and cannot stand inside JSON`);
    }
    return found(payload?.asJson());
  }
}

function failed(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_FAILED", message);
}

function withinBounds(text: string): string {
  // A code unit takes at most three bytes.
  if (text.length * 3 > PAYLOAD_BYTES_MAX && utf8Length(text) > PAYLOAD_BYTES_MAX) {
    throw failed(`the result is larger than ${PAYLOAD_BYTES_MAX} bytes`);
  }
  return text;
}

/** The variable `item` as JSON text; undefined outside a fan-out. */
function itemJson(path: readonly number[]): string | undefined {
  const index = path.at(-1);
  return index === undefined ? undefined : `{"index":${index},"path":[${path.join(",")}]}`;
}

/** The variable `job` as JSON text. */
function jobJson(job: JobScope, withInput: boolean): string {
  const labels = Object.entries(job.labels).sort(([a], [b]) => compareTexts(a, b))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const body = withInput ? job.input?.body : undefined;
  if (body?.kind === "binary") {
    throw new ExpressionError("EXPRESSION_TYPE", "/job/input is binary and cannot stand inside JSON");
  }
  const input = body?.kind === "json" ? `"input":${body.text.trim()},` : "";
  const dataClass = JSON.stringify(job.dataClass);
  return `{"id":${JSON.stringify(job.id)},${input}"labels":{${labels.join(",")}},"data_class":${dataClass}}`;
}
