/** What this SDK does with each kind of case of `tests/vectors`; see its README. */

import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { KIT } from "../../conformance/kit.ts";
import { Evaluator } from "../../expr/mod.ts";
import { JobSchema, TaskSchema } from "../../gen/esteira/v1/job_pb.ts";
import { FailureSchema, LineageSchema } from "../../gen/esteira/v1/types_pb.ts";
import { FunctionSpecSchema, LeaseTasksResponseSchema, LeaseVerdictSchema } from "../../gen/esteira/v1/worker_pb.ts";
import {
  definitionJson,
  ExpressionError,
  type Failure,
  fromBase64,
  NonRetryable,
  parseDefinition,
  Payload,
  type Plan,
  PlanDocumentError,
  Retryable,
  RunError,
  Runner,
  type Start,
  toBase64,
  toFailure,
  type Trace,
} from "../../model/mod.ts";
import { parseDurationMs } from "../../model/document/duration.ts";
import { truncated } from "../../model/error.ts";
import { compileTemplate, renderTemplate } from "../../model/template/mod.ts";
import { Harness } from "../../testing/mod.ts";
import { isSameValue } from "./same.ts";

/** A payload as it stands in a file. */
export type GivenPayload = { json: string } | { binary: string } | { none: true };

// deno-lint-ignore no-explicit-any
export type Case = any;

export function payloadIn(given: GivenPayload): Payload {
  if ("json" in given) return Payload.json(given.json);
  return "binary" in given ? Payload.binary(fromBase64(given.binary)) : Payload.none();
}

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** Ids differ in every run. */
function payloadOut({ body }: Payload): GivenPayload {
  if (body.kind === "json") {
    return { json: body.text.replace(new RegExp(`"task_id":"${UUID}"`, "g"), '"task_id":"<task>"') };
  }
  return body.kind === "binary" ? { binary: toBase64(body.bytes) } : { none: true };
}

/** What comes of each kind of case, in the form of its `expected`. */
export const KINDS: Readonly<Record<string, (given: Case) => unknown>> = {
  trace: async (given) => {
    const { plan, plans } = documents(given);
    const rules = [plan, ...plans.values()].flatMap(({ policies }) => policies.map(({ name }) => name));
    return traceOut(await runner(plans).run(plan, startIn(given.start)), new Set(rules));
  },
  refused,
  digest: async ({ payload }) => ({ sha256: await payloadIn(payload).digest() }),
  template,
  error: ({ raised }) => {
    const { kind, code, message, retryAfterMs } = toFailure(raise(raised), "kit.script");
    return { kind, code, message, ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }) };
  },
  truncate: ({ text_unit, count, limit }) => {
    const text = text_unit.repeat(count);
    const failure = { kind: "RETRYABLE", code: "X", message: text, stackTrace: text, source: "engine" } as const;
    const cut = truncated(failure);
    const left = limit === 4096 ? cut.message : cut.stackTrace;
    if (![4096, 16384].includes(limit) || !text.startsWith(left)) throw new Error("not a beginning of the text");
    return { bytes: new TextEncoder().encode(left).length };
  },
  duration: ({ text }) => {
    const ms = parseDurationMs(text);
    return ms === undefined ? { error: true } : { ms };
  },
  echo: async ({ json, expected }) => {
    const echo = KIT.find(({ spec }) => spec.name === "kit.echo")!;
    const execution = await new Harness().run(echo, Payload.json(json));
    const [output] = execution.payloads();
    if (output === undefined) {
      const { error } = execution;
      const code = error?.code;
      return code !== undefined && code === expected.same_value_or ? expected : { error: code };
    }
    const same = isSameValue(json, output.asJson() ?? "");
    return same && expected.same_value_or !== undefined ? expected : { same_value: same };
  },
  enum: keep,
  document: ({ plan }) => {
    const parsed = parseDefinition(plan);
    return { document: definitionJson(parsed.plan, parsed.name) };
  },
};

function documents(given: Case): { plan: Plan; plans: Map<string, Plan> } {
  const plans = Object.entries((given.plans ?? {}) as Record<string, string>);
  return {
    plan: parseDefinition(given.plan).plan,
    plans: new Map(plans.map(([name, text]) => [name, parseDefinition(text).plan])),
  };
}

function runner(plans: ReadonlyMap<string, Plan>): Runner {
  return new Runner({ functions: KIT, plans, evaluate: new Evaluator(), skipWaits: true });
}

function startIn(given: Case): Start {
  const { input, aggregate, operator = "", account = "", headers = {}, labels = {} } = given;
  return {
    data: payloadIn(input),
    actor: { userId: operator, accountId: account, onBehalfOf: "" },
    ...(aggregate === undefined
      ? {}
      : { aggregate: { kind: aggregate.type, id: aggregate.id, version: BigInt(aggregate.version) } }),
    headers,
    labels,
  };
}

function traceOut(trace: Trace, rules: ReadonlySet<string>): unknown {
  return {
    state: trace.state,
    failure: failureOut(trace.failure),
    tasks: trace.tasks.map((task) => ({
      plan: task.planName,
      step: task.stepKey,
      item: task.itemPath.join("/"),
      attempts: task.attempts,
      state: task.state,
      input: task.input === undefined ? null : payloadOut(task.input),
      outputs: task.outputs.map(payloadOut),
      // Why the language of expressions cannot judge is said in its own words.
      verdicts: task.verdicts.map((it) => (rules.has(it.policy) ? { ...it, detail: it.detail.split(":")[0] } : it)),
      failure: failureOut(task.failure),
    })),
    results: trace.results.map(payloadOut),
    messages: trace.messages.map(({ topic, key, payload }) => ({
      topic,
      key: new RegExp(`^${UUID}$`).test(key) ? "<job>" : key,
      payload: payloadOut(payload),
    })),
  };
}

/** Codes whose message the engine or an SDK writes, and not the function's author. */
const OWN_WORDS = ["CONFIG_INVALID", "INPUT_INVALID", "JSON_INVALID", "OUTPUT_TYPE_MISMATCH", "RESULT_TOO_LARGE"];

function failureOut(failure: Failure | undefined): unknown {
  if (failure === undefined) return null;
  const { kind, code, message, source } = failure;
  const said = source === "kit.script" && !OWN_WORDS.includes(code);
  return { kind, code, ...(said ? { message } : {}) };
}

async function refused(given: Case): Promise<unknown> {
  const invalid = (issues: readonly { path: string; code: string; warning: boolean }[]) => {
    const errors = issues.filter(({ warning }) => !warning).map(({ path, code }) => ({ path, code }));
    const order = (a: typeof errors[0], b: typeof errors[0]) =>
      a.path === b.path ? (a.code < b.code ? -1 : 1) : a.path < b.path ? -1 : 1;
    return { error: "PLAN_INVALID", ...(errors.length === 0 ? {} : { issues: errors.sort(order) }) };
  };
  try {
    const { plan, plans } = documents(given);
    const start = given.start === undefined ? Payload.json("null") : startIn(given.start);
    return { error: `nothing refuses it: ${await runner(plans).run(plan, start)}` };
  } catch (error) {
    if (error instanceof PlanDocumentError) return invalid(error.issues);
    if (!(error instanceof RunError)) throw error;
    return error.code === "PLAN_INVALID" ? invalid(error.issues) : { error: error.code };
  }
}

function template({ template, variables = {} }: Case): unknown {
  const evaluate = new Evaluator();
  const { input, steps = {}, item = [], config = "", job } = variables;
  const scope = {
    input: input === undefined ? Payload.none() : Payload.json(input),
    itemPath: item,
    steps: new Map(Object.entries(steps as Record<string, string>).map(([key, text]) => [key, Payload.json(text)])),
    job: job === undefined
      ? { id: "", labels: {}, dataClass: "DEVTEST" }
      : { id: job.id, input: Payload.json(job.input), labels: job.labels ?? {}, dataClass: job.data_class },
    configJson: config,
  };
  try {
    return { json: renderTemplate(compileTemplate(template, evaluate), scope, evaluate).asJson() };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    // A `$ref` names its pointer; CEL has words of its own.
    const path = /^missing path (\/.*)$/.exec(error.message)?.[1];
    return { error: error.code, ...(path === undefined ? {} : { path }) };
  }
}

function raise({ type, code, message, after_ms }: Case): unknown {
  switch (type) {
    case "retryable":
      return new Retryable(code, message, after_ms === undefined ? {} : { afterMs: after_ms });
    case "non_retryable":
      return new NonRetryable(code, message);
    case "other":
      return new Error(message);
    case "input_invalid":
      return NonRetryable.inputInvalid(message);
    case "config_invalid":
      return NonRetryable.configInvalid(message);
    default:
      throw new Error(`an unknown type of error: ${type}`);
  }
}

/** A message with a field of each enum. */
const ENUMS: Readonly<Record<string, readonly [DescMessage, string]>> = {
  "esteira.v1.JobState": [JobSchema, "state"],
  "esteira.v1.TaskState": [TaskSchema, "state"],
  "esteira.v1.WaitReason": [TaskSchema, "waitReason"],
  "esteira.v1.FailureKind": [FailureSchema, "kind"],
  "esteira.v1.OutputType": [FunctionSpecSchema, "outputType"],
  "esteira.v1.Lineage.Kind": [LineageSchema, "kind"],
  "esteira.v1.WorkerDirective": [LeaseTasksResponseSchema, "directive"],
  "esteira.v1.LeaseStatus": [LeaseVerdictSchema, "status"],
};

function keep(given: Case): unknown {
  const [schema, field] = ENUMS[given.enum] ?? [];
  if (schema === undefined || field === undefined) throw new Error(`no message with the enum ${given.enum} is known`);
  const bytes = toBinary(schema, create(schema, { [field]: given.number }));
  const decoded = fromBinary(schema, bytes);
  const again = toBinary(schema, decoded);
  const kept = (decoded as unknown as Record<string, unknown>)[field] === given.number;
  return { kept: kept && bytes.length > 0 && toBase64(bytes) === toBase64(again) };
}
