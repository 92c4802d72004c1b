import { assessHealth, type KubernetesObject } from '@lockstep/core';
import { countAgreement, type VectorSuite } from './vector-suite.ts';

interface Case {
  source?: string;
  kind?: string;
  /** Absent, empty or null where no health is known for the object. */
  status?: string | null;
  /** Some were recorded without metadata, which every live object has. */
  object: Omit<KubernetesObject, 'metadata'> & Partial<Pick<KubernetesObject, 'metadata'>>;
}

/** Live objects and the health status recorded for them. */
export const healthSuite: VectorSuite = (lines) =>
  countAgreement(lines as Case[], ({ source, kind, status, object: recorded }) => {
    const object = { metadata: {}, ...recorded } as KubernetesObject;
    const found = assessHealth(object)?.status ?? '';
    const wanted = status ?? '';
    const name = `${kind ?? source ?? object.kind} ${object.metadata.name ?? ''}`;
    return found === wanted ? undefined : `${name} is ${found}, recorded ${wanted}`;
  });
