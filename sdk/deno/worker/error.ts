/**
 * Why a worker did not start, or stopped by itself.
 *
 * @module
 */

/**
 * Which error it is:
 *
 * | code | meaning |
 * | --- | --- |
 * | `SETUP` | the worker was given something that cannot work |
 * | `REFUSED` | the coordinator refused the worker for good; `cause` is the `ClientError` |
 * | `HEARTBEAT` | the thread that sends heartbeats did not start, or broke |
 * | `UNDELIVERED` | results could not be delivered before the worker had to stop, and there is no spool |
 */
export type WorkerErrorCode = "SETUP" | "REFUSED" | "HEARTBEAT" | "UNDELIVERED";

/** Why a worker did not start, or stopped by itself. */
export class WorkerError extends Error {
  /** `WorkerError`. */
  override readonly name = "WorkerError";
  /** Which error it is. */
  readonly code: WorkerErrorCode;

  /** With a message for a person. */
  constructor(code: WorkerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
