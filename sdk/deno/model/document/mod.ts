/**
 * From a plan document to a {@link Plan}: says everything that is wrong with its form, and keeps what must stay as it
 * was written.
 *
 * @module
 */

import { type Issue, issue } from "../engine/issue.ts";
import { checkJson, JsonError } from "../json/check.ts";
import { PLAN_BYTES_MAX, PLAN_STEPS_MAX, TEXT_CHARS_MAX, VERSION_CHARS_MAX } from "../limits.ts";
import { utf8Length } from "../payload.ts";
import type { Plan, Policy } from "../plan.ts";
import { Field } from "./reader.ts";
import { POLICIES_MAX, readCondition, readStep } from "./step.ts";

/** A plan document that was read. */
export interface ParsedDefinition {
  /** The plan's name. */
  readonly name: string;
  /** For people; "" = none. */
  readonly displayName: string;
  /** The definition itself. */
  readonly plan: Plan;
}

/** A plan document that cannot be accepted. */
export class PlanDocumentError extends Error {
  /** `PlanDocumentError`. */
  override readonly name = "PlanDocumentError";
  /** Everything that is wrong, each with its place. */
  readonly issues: readonly Issue[];

  /** With what was found. */
  constructor(issues: readonly Issue[]) {
    super(issues.map(({ path, code, message }) => `${path} ${code}: ${message}`).join("; "));
    this.issues = issues;
  }
}

/** Reads a plan document as it would be published; throws a {@link PlanDocumentError}. */
export function parseDefinition(jsonText: string): ParsedDefinition {
  const bytes = utf8Length(jsonText);
  if (bytes > PLAN_BYTES_MAX) {
    throw new PlanDocumentError([issue("", "PLAN_TOO_LARGE", `${bytes} bytes; at most ${PLAN_BYTES_MAX} are allowed`)]);
  }
  try {
    checkJson(jsonText);
  } catch (problem) {
    if (!(problem instanceof JsonError)) throw problem;
    throw new PlanDocumentError([issue(problem.path, "JSON_INVALID", problem.message)]);
  }
  const issues: Issue[] = [];
  const parsed = readDocument(new Field("", jsonText.trim(), issues));
  if (parsed === undefined || issues.length > 0) throw new PlanDocumentError(issues);
  return parsed;
}

function readDocument(field: Field): ParsedDefinition | undefined {
  const members = field.object();
  if (members === undefined) return undefined;
  const name = members.require("name")?.name("name");
  const displayName = members.take("display_name")?.shortText(TEXT_CHARS_MAX) ?? "";
  const aggregateType = members.take("aggregate_type")?.name("name") ?? "";
  const policies = readPolicies(members.take("policies"));
  const startSteps = members.take("start_steps")?.names("key", PLAN_STEPS_MAX) ?? [];
  const fields = members.require("steps")?.list(PLAN_STEPS_MAX, "STEPS_TOO_MANY") ?? [];
  members.finish();
  const keys = new Set<string>();
  const steps = fields.flatMap((step) => readStep(step, keys) ?? []);
  return name === undefined ? undefined : { name, displayName, plan: { aggregateType, policies, startSteps, steps } };
}

function readPolicies(field: Field | undefined): Policy[] {
  const names = new Set<string>();
  return (field?.list(POLICIES_MAX) ?? []).flatMap((policy) => readPolicy(policy, names) ?? []);
}

function readPolicy(field: Field, names: Set<string>): Policy | undefined {
  const members = field.object();
  if (members === undefined) return undefined;
  const nameField = members.require("name");
  const name = nameField?.name("name");
  if (name !== undefined && names.has(name)) nameField?.refuse("POLICY_NAME_TAKEN", `\`${name}\` is used twice`);
  if (name !== undefined) names.add(name);
  const version = members.take("version")?.shortText(VERSION_CHARS_MAX) ?? "";
  const condition = readCondition(members.require("condition"));
  const enforce = members.take("enforce")?.boolean() ?? false;
  members.finish();
  return name === undefined || condition === undefined ? undefined : { name, version, condition, enforce };
}
