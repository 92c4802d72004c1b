import * as core from '@lockstep/core';
import { countAgreement, type VectorSuite } from './vector-suite.ts';

interface Case {
  source?: string;
  kind?: string;
  /** Absent, empty or null where no health is known for the object. */
  status?: string | null;
  object: core.KubernetesObject;
}

type AssessHealth = (object: core.KubernetesObject) => core.Health | undefined;

/** Live objects and the health status recorded for them. */
export const healthSuite: VectorSuite = (lines) => {
  const assessHealth = (core as { assessHealth?: AssessHealth }).assessHealth;
  if (assessHealth === undefined) {
    return { agreed: 0, total: lines.length, disagreements: [], notCovered: 'core does not export assessHealth' };
  }
  return countAgreement(lines as Case[], ({ source, kind, status, object }) => {
    const found = assessHealth(object)?.status ?? '';
    const wanted = status ?? '';
    const name = `${kind ?? source ?? object.kind} ${object.metadata.name ?? ''}`;
    return found === wanted ? undefined : `${name} is ${found}, recorded ${wanted}`;
  });
};
