/**
 * What a function author and a plan author see: no dependency, no transport, nothing of Deno's.
 *
 * A function receives a payload and a {@link Context}, does exactly one thing, and says what it produced or why it
 * failed. The worker, the embedded {@link Runner} and the test harness all run it through the same {@link TaskFunction}.
 *
 * @module
 */

export { Aggregate } from "./aggregate.ts";
export { condition, PlanBuilder, step, StepBuilder, subPlan, wait } from "./builder.ts";
export { Cancellation, type CancelReason } from "./cancel.ts";
export {
  Context,
  type Emit,
  FIRST_INVOCATION,
  type Invocation,
  type Level,
  type Observer,
  type Said,
} from "./context.ts";
export { definitionJson } from "./definition.ts";
export { type ParsedDefinition, parseDefinition, PlanDocumentError } from "./document/mod.ts";
export type { Issue } from "./engine/issue.ts";
export {
  CONFIG_INVALID,
  FunctionError,
  INPUT_INVALID,
  NonRetryable,
  OUTPUT_INVALID,
  OUTPUT_TYPE_MISMATCH,
  RESULT_TOO_LARGE,
  Retryable,
  toFailure,
  UNHANDLED,
} from "./error.ts";
export {
  type Evaluate,
  type ExpressionCode,
  ExpressionError,
  type JobScope,
  type References,
  type Scope,
} from "./evaluate.ts";
export type { Failure, FailureKind } from "./failure.ts";
export { fn, type FunctionSpec, type TaskFunction } from "./function.ts";
export { fromBase64, toBase64 } from "./json/base64.ts";
export { checkJson, JsonError } from "./json/check.ts";
export { Outcome, type Output, type Returned, type Verdict } from "./outcome.ts";
export type { Actor, AggregateRef, Headers, Packet } from "./packet.ts";
export { type Body, Payload } from "./payload.ts";
export {
  type Join,
  type NextStep,
  type OutputType,
  type Plan,
  type Policy,
  RETRY_DEFAULT,
  type RetryPolicy,
  type Run,
  type Step,
} from "./plan.ts";
export { RunError, type RunErrorCode } from "./runner/run_error.ts";
export { Runner, type Start } from "./runner/runner.ts";
export { type JobState, type TaskState, Trace, type TracedTask } from "./trace.ts";
