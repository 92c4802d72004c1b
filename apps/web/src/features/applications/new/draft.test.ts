import { describe, expect, it } from 'vitest';
import { applicationToDraft, draftProblems, draftToApplication, emptyDraft } from './draft.ts';

const draft = {
  ...emptyDraft,
  name: 'shop',
  repoURL: 'https://git.example.com/shop.git',
  path: 'deploy',
  namespace: 'shop',
  automated: true,
  prune: true,
};

describe('draftToApplication', () => {
  it('makes an Application that reads back as the same draft', () => {
    const { rest: _rest, ...back } = applicationToDraft(draftToApplication(draft));
    const { rest: _empty, ...expected } = draft;
    expect(back).toEqual(expected);
  });

  it('keeps what the form does not know', () => {
    const app = draftToApplication(draft) as { spec: Record<string, unknown> };
    app.spec['ignoreDifferences'] = [{ kind: 'Deployment' }];
    const again = draftToApplication({ ...applicationToDraft(app), name: 'other' }) as typeof app;
    expect(again.spec['ignoreDifferences']).toEqual([{ kind: 'Deployment' }]);
  });

  it('switches from a path to a chart and from automatic to manual', () => {
    const changed = { ...applicationToDraft(draftToApplication(draft)), chart: 'shop', automated: false };
    const app = draftToApplication(changed) as { spec: { syncPolicy: object; source: object } };
    expect(app.spec.source).not.toHaveProperty('path');
    expect(app.spec.syncPolicy).not.toHaveProperty('automated');
  });
});

describe('draftProblems', () => {
  it('names every missing field and accepts a complete draft', () => {
    expect(Object.keys(draftProblems({ ...emptyDraft, cluster: '' }))).toEqual(['name', 'repoURL', 'path', 'cluster']);
    expect(draftProblems(draft)).toEqual({});
    expect(draftProblems({ ...draft, name: 'Shop!' })).toHaveProperty('name');
  });
});
