import { isDeepStrictEqual } from 'node:util';
import type { ApplicationKey } from '@lockstep/core';
import type { Redis } from 'ioredis';
import { ApiError } from '../api/api-error.ts';
import type { ApiRequests, PlanAnswer, PlanRequest } from '../api/requests.ts';

/** Long enough to read a plan; one that was forgotten is simply computed again. */
const PLAN_SECONDS = 3_600;

interface StoredPlan {
  request: PlanRequest;
  inputsHash: string;
}

/** Plans people have seen, so that applying one applies what was seen or nothing. */
export class PlanStore {
  readonly #redis: Redis;
  readonly #requests: ApiRequests;

  constructor(redis: Redis, requests: ApiRequests) {
    this.#redis = redis;
    this.#requests = requests;
  }

  async compute(request: PlanRequest): Promise<PlanAnswer> {
    const plan = await this.#requests.plan(request);
    const stored: StoredPlan = { request, inputsHash: plan.inputsHash };
    await this.#redis.set(keyOf(request.application, plan.planId), JSON.stringify(stored), 'EX', PLAN_SECONDS);
    return plan;
  }

  /**
   * Throws 409 `PLAN_STALE` when the plan would be another one now, or is not known any more, and 400 when what is to be
   * applied is not what was planned, or would leave nothing and nobody said that this is meant.
   */
  async requireCurrent(planId: string, applied: PlanRequest & { allowEmpty?: boolean }): Promise<void> {
    const stored = await this.#redis.get(keyOf(applied.application, planId));
    const stale = (message: string): ApiError =>
      new ApiError('Aborted', message, { reason: 'PLAN_STALE', fix: 'Look at the new plan and apply that one' });
    if (stored === null) throw stale('the plan is not known any more');
    const { request, inputsHash } = JSON.parse(stored) as StoredPlan;
    if (!isDeepStrictEqual(intentOf(request), intentOf(applied))) {
      throw new ApiError('InvalidArgument', 'the plan was made with other options than those to apply', {
        fix: 'Send the options the plan was made with, or make a plan with these',
      });
    }
    const now = await this.#requests.plan(request);
    if (now.inputsHash !== inputsHash) throw stale('Git or the cluster changed since the plan was made');
    if (now.confirmation !== undefined && applied.allowEmpty !== true && applied.dryRun !== true) {
      throw new ApiError('FailedPrecondition', now.confirmation, {
        reason: 'CONFIRMATION_NEEDED',
        fix: 'Send allowEmpty: true when that is meant',
      });
    }
  }
}

/** What a request asks for, however it is written. */
function intentOf({ revision, revisions, prune, resources, syncOptions, strategy, historyId }: PlanRequest): unknown {
  return {
    revision: revision ?? '',
    revisions: revisions ?? [],
    prune: prune ?? false,
    resources: (resources ?? []).map(({ group = '', kind, namespace = '', name, exclude = false }) => [
      group,
      kind,
      namespace,
      name,
      exclude,
    ]),
    syncOptions: syncOptions ?? [],
    runsHooks: strategy?.apply === undefined,
    force: strategy?.apply?.force ?? strategy?.hook?.force ?? false,
    historyId: historyId ?? null,
  };
}

function keyOf({ namespace, name }: ApplicationKey, planId: string): string {
  return `lockstep:plan:${namespace}/${name}:${planId}`;
}
