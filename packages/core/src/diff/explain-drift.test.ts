import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { DEFAULT_DIFF_SETTINGS } from './diff-settings.ts';
import { type DriftInput, explainDrift } from './explain-drift.ts';

const container = (image: string, rest: object = {}) => ({ name: 'web', image, ...rest });

function deployment(image: string, replicas?: number, rest: object = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'store' },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      template: { spec: { containers: [container(image, rest)] } },
    },
  };
}

function live(object: KubernetesObject, edited?: Record<string, unknown>): KubernetesObject {
  const image = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } } } };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: [
        { manager: 'argocd-controller', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: { 'f:spec': image } },
        ...(edited === undefined
          ? []
          : [
              {
                manager: 'kubectl-edit',
                operation: 'Update' as const,
                apiVersion: 'apps/v1',
                time: '2026-03-01T10:00:00Z',
                fieldsV1: edited,
              },
            ]),
      ],
    },
  };
}

const editedImage = {
  'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:image': {} } } } } },
};
const imagePath = 'spec.template.spec.containers[name=web].image';

const verdicts = (input: DriftInput) => explainDrift(input).map(({ path, verdict }) => [path, verdict]);

describe('explainDrift', () => {
  it('says changed in Git when the cluster still has what was applied', () => {
    expect(verdicts({ target: deployment('2'), lastTarget: deployment('1'), live: live(deployment('1')) })).toEqual([
      [imagePath, 'ChangedInGit'],
    ]);
  });

  it('says changed in the cluster, by whom and when', () => {
    const [explanation] = explainDrift({
      target: deployment('1'),
      lastTarget: deployment('1'),
      live: live(deployment('9'), editedImage),
    });
    expect(explanation).toMatchObject({
      path: imagePath,
      verdict: 'ChangedInCluster',
      text: 'Changed in the cluster by kubectl edit (kubectl-edit) at 2026-03-01T10:00:00Z',
      live: '9',
      predicted: '1',
      manager: 'kubectl-edit',
      time: '2026-03-01T10:00:00Z',
    });
  });

  it('says changed in both', () => {
    expect(
      verdicts({ target: deployment('2'), lastTarget: deployment('1'), live: live(deployment('9'), editedImage) }),
    ).toEqual([[imagePath, 'ChangedInBoth']]);
  });

  it('falls back to the last-applied annotation, and then to the owner', () => {
    const noted = live(deployment('1'));
    noted.metadata.annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(deployment('1')),
    };
    expect(verdicts({ target: deployment('2'), live: noted })).toEqual([[imagePath, 'ChangedInGit']]);
    expect(verdicts({ target: deployment('2'), live: live(deployment('1')) })).toEqual([[imagePath, 'ChangedInGit']]);
    expect(verdicts({ target: deployment('2'), live: live(deployment('1'), editedImage) })).toEqual([
      [imagePath, 'ChangedInCluster'],
    ]);
  });

  it('tells what only the server sets', () => {
    const target = deployment('1');
    const predicted = deployment('1', undefined, { imagePullPolicy: 'Always' });
    expect(verdicts({ target, predicted, lastTarget: target, live: live(target) })).toEqual([
      ['spec.template.spec.containers[name=web].imagePullPolicy', 'SetByServer'],
    ]);
  });

  it('leaves replicas to the autoscaler', () => {
    const input = { target: deployment('1', 2), lastTarget: deployment('1', 2), live: live(deployment('1', 5)) };
    expect(explainDrift({ ...input, autoscalers: ['web'] })[0]).toMatchObject({
      verdict: 'ManagedByAutoscaler',
      text: expect.stringContaining('HorizontalPodAutoscaler web'),
    });
    expect(verdicts(input)).toEqual([['spec.replicas', 'ChangedInCluster']]);
  });

  it('names the rule that ignores a difference', () => {
    const rule = { group: 'apps', kind: '*', jsonPointers: ['/spec/replicas'], origin: 'application' as const };
    const settings = { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [rule] };
    const input = {
      target: deployment('1', 2),
      lastTarget: deployment('1', 2),
      live: live(deployment('1', 5)),
      settings,
    };
    expect(explainDrift(input)[0]).toMatchObject({
      verdict: 'Ignored',
      rule,
      text: 'Ignored by a rule of the application: /spec/replicas',
    });
    const byManager = {
      ...DEFAULT_DIFF_SETTINGS,
      ignoreDifferences: [{ group: 'apps', kind: '*', managedFieldsManagers: ['kubectl-edit'] }],
    };
    expect(
      verdicts({ target: deployment('1'), live: live(deployment('9'), editedImage), settings: byManager }),
    ).toEqual([[imagePath, 'Ignored']]);
  });

  it('believes the sides after jq over its own reading', () => {
    const jq = { group: 'apps', kind: '*', jqPathExpressions: ['.spec.replicas'] };
    const settings = { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [jq] };
    const same = deployment('1');
    const input = {
      target: deployment('1', 2),
      live: live(deployment('1', 5)),
      settings,
      ignoredSides: { live: same, predicted: same },
    };
    expect(explainDrift(input)[0]).toMatchObject({ verdict: 'Ignored', rule: jq });
  });

  it('explains objects that are only on one side', () => {
    expect(verdicts({ target: deployment('1') })).toEqual([['', 'WillBeCreated']]);
    expect(verdicts({ live: deployment('1') })).toEqual([['', 'WillBePruned']]);
    expect(verdicts({})).toEqual([]);
  });

  it('shows why fields of others are no difference, when asked', () => {
    const target = deployment('1');
    const object = live(deployment('1', 3), { 'f:spec': { 'f:replicas': {} } });
    expect(verdicts({ target, live: object, predicted: deployment('1', 3), includeUnmanaged: true })).toEqual([
      ['spec.replicas', 'NotInGit'],
    ]);
  });
});
