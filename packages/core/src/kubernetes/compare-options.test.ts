import { expect, it } from 'vitest';
import { compareOptionsOf, isExcludedFromHealth } from './compare-options.ts';

const annotated = (key: string, value: string) => ({
  metadata: { annotations: { [`argocd.argoproj.io/${key}`]: value } },
});

it('reads every known compare option', () => {
  expect(
    compareOptionsOf(
      annotated('compare-options', 'IgnoreExtraneous, ServerSideDiff=false,IncludeMutationWebhook=true'),
    ),
  ).toEqual({
    options: { ignoreExtraneous: true, serverSideDiff: false, includeMutationWebhook: true },
    problems: [],
  });
});

it('says nothing about what is not given', () => {
  expect(compareOptionsOf({ metadata: {} }).options).toEqual({ ignoreExtraneous: false });
});

it('names unknown values and reads the others', () => {
  const { options, problems } = compareOptionsOf(annotated('compare-options', 'ServerSideDiff,IgnoreExtraneous'));
  expect(options.ignoreExtraneous).toBe(true);
  expect(problems).toEqual([expect.stringContaining('"ServerSideDiff"')]);
});

it('leaves a resource out of the health only when it says "true"', () => {
  expect(isExcludedFromHealth(annotated('ignore-healthcheck', 'true'))).toBe(true);
  expect(isExcludedFromHealth(annotated('ignore-healthcheck', 'yes'))).toBe(false);
});
