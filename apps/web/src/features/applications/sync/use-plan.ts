import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../../lib/api-client.ts';
import type { Plan } from '../../../lib/api-types.ts';
import { computePlan } from '../commands.ts';
import type { ApplicationKey } from '../queries.ts';
import { movedTasks } from './blast-radius.ts';

type PlanOptions = Parameters<typeof computePlan>[1];

/** The plan for some options, and what to do when it turns out to be stale. */
export function usePlan(key: ApplicationKey, options: PlanOptions) {
  const [staleReason, setStaleReason] = useState<string>();
  const [moved, setMoved] = useState<ReadonlySet<string>>(new Set());
  const query = useQuery({
    queryKey: ['plan', key.namespace, key.name, options],
    queryFn: () => computePlan(key, options),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: keepPreviousData,
    retry: false,
  });

  /** True when the error meant "inputs moved": a new plan is then on its way, with what moved marked. */
  const replanIfStale = async (error: unknown, seen: Plan): Promise<boolean> => {
    if (!(error instanceof ApiError && error.reason === 'PLAN_STALE')) return false;
    setStaleReason(error.message);
    const { data } = await query.refetch();
    if (data) setMoved(movedTasks(seen, data));
    return true;
  };

  return { ...query, moved, staleReason, replanIfStale };
}
