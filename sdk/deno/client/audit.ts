/**
 * Who did what, and whether what is recorded is what happened.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  AuditService,
  type ExportEvidenceRequestSchema,
  type ExportEvidenceResponse,
  type GetConsistencyProofRequestSchema,
  type GetConsistencyProofResponse,
  type GetLedgerRequestSchema,
  type GetLedgerResponse,
  type ListAuditRecordsRequestSchema,
  type ListAuditRecordsResponse,
  type ReportErrorsRequestSchema,
  type ReportErrorsResponse,
  type ReportPerformanceRequestSchema,
  type ReportPerformanceResponse,
  type ReportUsageRequestSchema,
  type ReportUsageResponse,
  type VerifyArtifactRequestSchema,
  type VerifyArtifactResponse,
  type VerifyJobRequestSchema,
  type VerifyJobResponse,
  type VerifyRangeRequestSchema,
  type VerifyRangeResponse,
  type VerifyStoreRequestSchema,
  type VerifyStoreResponse,
} from "../gen/esteira/v1/audit_pb.ts";
import type { Caller } from "./caller.ts";

/** Calls `AuditService`; each method is the RPC of that name, documented in `audit.proto`. */
export class AuditClient {
  readonly #caller: Caller;

  /** Made by the client. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Lists records of operators' calls, the newest first. */
  async listAuditRecords(
    request: MessageInitShape<typeof ListAuditRecordsRequestSchema>,
  ): Promise<ListAuditRecordsResponse> {
    return await this.#caller.read(AuditService.method.listAuditRecords, request);
  }

  /** Counts who did what. */
  async reportUsage(request: MessageInitShape<typeof ReportUsageRequestSchema>): Promise<ReportUsageResponse> {
    return await this.#caller.read(AuditService.method.reportUsage, request);
  }

  /** Counts the attempts that failed. */
  async reportErrors(request: MessageInitShape<typeof ReportErrorsRequestSchema>): Promise<ReportErrorsResponse> {
    return await this.#caller.read(AuditService.method.reportErrors, request);
  }

  /** Tells how long attempts waited and ran and what they used. */
  async reportPerformance(
    request: MessageInitShape<typeof ReportPerformanceRequestSchema>,
  ): Promise<ReportPerformanceResponse> {
    return await this.#caller.read(AuditService.method.reportPerformance, request);
  }

  /** Tells the state of the ledger's log. */
  async getLedger(request: MessageInitShape<typeof GetLedgerRequestSchema>): Promise<GetLedgerResponse> {
    return await this.#caller.read(AuditService.method.getLedger, request);
  }

  /** Verifies one body. */
  async verifyArtifact(request: MessageInitShape<typeof VerifyArtifactRequestSchema>): Promise<VerifyArtifactResponse> {
    return await this.#caller.read(AuditService.method.verifyArtifact, request);
  }

  /** Verifies all that is recorded of a job. */
  async verifyJob(request: MessageInitShape<typeof VerifyJobRequestSchema>): Promise<VerifyJobResponse> {
    return await this.#caller.read(AuditService.method.verifyJob, request);
  }

  /** Verifies leaves by their index. A token in the answer says that there is more to do. */
  async verifyRange(request: MessageInitShape<typeof VerifyRangeRequestSchema>): Promise<VerifyRangeResponse> {
    return await this.#caller.read(AuditService.method.verifyRange, request);
  }

  /** Verifies everything. A token in the answer says that there is more to do. */
  async verifyStore(request: MessageInitShape<typeof VerifyStoreRequestSchema>): Promise<VerifyStoreResponse> {
    return await this.#caller.read(AuditService.method.verifyStore, request);
  }

  /** Proves that the log of one size begins with the log of a smaller one. */
  async getConsistencyProof(
    request: MessageInitShape<typeof GetConsistencyProofRequestSchema>,
  ): Promise<GetConsistencyProofResponse> {
    return await this.#caller.read(AuditService.method.getConsistencyProof, request);
  }

  /** Exports the evidence on one body. */
  async exportEvidence(request: MessageInitShape<typeof ExportEvidenceRequestSchema>): Promise<ExportEvidenceResponse> {
    return await this.#caller.read(AuditService.method.exportEvidence, request);
  }
}
