import type { Application } from '@lockstep/core';
import { applyPatch, type Operation } from 'rfc6902';
import { ApiError } from '../api/api-error.ts';

/** An application with a patch applied: RFC 6902 (`json`) or RFC 7386 (`merge`). Throws 400 when it does not fit. */
export function patchApplication(application: Application, patch: string, patchType: string): Application {
  let parsed: unknown;
  try {
    parsed = JSON.parse(patch);
  } catch (error) {
    throw new ApiError(
      'InvalidArgument',
      `the patch is not valid JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
  switch (patchType) {
    case 'json':
      return applyOperations(application, parsed);
    case 'merge':
      return mergePatch(application, parsed) as Application;
    default:
      throw new ApiError('InvalidArgument', `Patch type '${patchType}' is not supported`, { fix: 'Use json or merge' });
  }
}

function applyOperations(application: Application, operations: unknown): Application {
  if (!Array.isArray(operations)) {
    throw new ApiError('InvalidArgument', 'a json patch is a list of operations', {
      fix: 'Use patchType merge for an object',
    });
  }
  const patched = structuredClone(application);
  let failures: (Error | null)[];
  try {
    failures = applyPatch(patched, operations as Operation[]);
  } catch (error) {
    failures = [error instanceof Error ? error : new Error(String(error))];
  }
  const index = failures.findIndex((failure) => failure !== null);
  if (index >= 0) {
    throw new ApiError(
      'InvalidArgument',
      `operation ${index + 1} of the patch does not fit: ${failures[index]?.message ?? ''}`,
    );
  }
  return patched;
}

/** RFC 7386. Keys that JavaScript treats specially are left out: they mean nothing in an Application. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') continue;
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
