import { expect, test } from 'vitest';
import { defaultPullPolicy } from './image-pull-policy.ts';

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.27', 'IfNotPresent'],
  ['localhost:5000/nginx', 'Always'],
  ['localhost:5000/nginx:1', 'IfNotPresent'],
  ['nginx@sha256:0123', 'IfNotPresent'],
])('the pull policy of %s is %s', (image, expected) => {
  expect(defaultPullPolicy(image)).toBe(expected);
});
