/**
 * Plans: named compositions of steps, and their immutable versions.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type CreatePlanRequestSchema,
  type CreatePlanResponse,
  type GetPlanRequestSchema,
  type GetPlanResponse,
  type GetPlanVersionRequestSchema,
  type GetPlanVersionResponse,
  type ListPlansRequestSchema,
  type ListPlansResponse,
  type ListPlanVersionsRequestSchema,
  type ListPlanVersionsResponse,
  PlanService,
  type PlanVersion,
  type PublishPlanVersionRequestSchema,
  type PublishPlanVersionResponse,
  type RetirePlanVersionRequestSchema,
  type RetirePlanVersionResponse,
  type UpdatePlanRequestSchema,
  type UpdatePlanResponse,
  type ValidatePlanRequestSchema,
  type ValidatePlanResponse,
} from "../gen/esteira/v1/plan_pb.ts";
import { type Caller, present } from "./caller.ts";

/** Calls `PlanService`; each method is the RPC of that name, documented in `plan.proto`. */
export class PlanClient {
  readonly #caller: Caller;

  /** Made by the client. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Registers a plan's name ahead of its first version. */
  async createPlan(request: MessageInitShape<typeof CreatePlanRequestSchema>): Promise<CreatePlanResponse> {
    return await this.#caller.write(PlanService.method.createPlan, request);
  }

  /** Reads one plan by id or by name. */
  async getPlan(request: MessageInitShape<typeof GetPlanRequestSchema>): Promise<GetPlanResponse> {
    return await this.#caller.read(PlanService.method.getPlan, request);
  }

  /** Lists plans. */
  async listPlans(request: MessageInitShape<typeof ListPlansRequestSchema>): Promise<ListPlansResponse> {
    return await this.#caller.read(PlanService.method.listPlans, request);
  }

  /** Changes a plan's display name, default version, aggregate type or labels. */
  async updatePlan(request: MessageInitShape<typeof UpdatePlanRequestSchema>): Promise<UpdatePlanResponse> {
    return await this.#caller.write(PlanService.method.updatePlan, request);
  }

  /** Checks a definition and stores nothing. */
  async validatePlan(request: MessageInitShape<typeof ValidatePlanRequestSchema>): Promise<ValidatePlanResponse> {
    return await this.#caller.read(PlanService.method.validatePlan, request);
  }

  /** Publishes a definition as the next version of a plan. */
  async publishPlanVersion(
    request: MessageInitShape<typeof PublishPlanVersionRequestSchema>,
  ): Promise<PublishPlanVersionResponse> {
    return await this.#caller.write(PlanService.method.publishPlanVersion, request);
  }

  /** Reads one version with its definition. */
  async getPlanVersion(request: MessageInitShape<typeof GetPlanVersionRequestSchema>): Promise<GetPlanVersionResponse> {
    return await this.#caller.read(PlanService.method.getPlanVersion, request);
  }

  /** Lists the versions of a plan, without their definitions. */
  async listPlanVersions(
    request: MessageInitShape<typeof ListPlanVersionsRequestSchema>,
  ): Promise<ListPlanVersionsResponse> {
    return await this.#caller.read(PlanService.method.listPlanVersions, request);
  }

  /** Forbids new jobs of a version. */
  async retirePlanVersion(
    request: MessageInitShape<typeof RetirePlanVersionRequestSchema>,
  ): Promise<RetirePlanVersionResponse> {
    return await this.#caller.write(PlanService.method.retirePlanVersion, request);
  }

  /** Publishes a definition under a plan's name, creates the plan if there is none, and makes the version its default. */
  async publish(planName: string, definitionJson: string): Promise<PlanVersion> {
    const plan = { case: "planName", value: planName } as const;
    const { version } = await this.publishPlanVersion({ plan, definitionJson, makeDefault: true });
    return present(version);
  }
}
