import { expect, it } from 'vitest';
import { imagesOf } from './images.ts';

const pod = (...images: string[]) => ({ containers: images.map((image) => ({ name: image, image })) });

it.each([
  [
    'Pod',
    { ...pod('b', 'a'), initContainers: [{ image: 'i' }], ephemeralContainers: [{ image: 'e' }] },
    ['a', 'b', 'e', 'i'],
  ],
  ['Deployment', { template: { spec: pod('a', 'a') } }, ['a']],
  ['CronJob', { jobTemplate: { spec: { template: { spec: pod('a') } } } }, ['a']],
  ['Workflow', { templates: [{ containers: [{ image: 'x' }] }, { spec: pod('y') }] }, ['x', 'y']],
  ['ConfigMap', undefined, []],
  ['Odd', { containers: 'none', template: 5 }, []],
])('finds the images of a %s', (kind, spec, images) => {
  expect(imagesOf({ apiVersion: 'v1', kind, metadata: {}, spec })).toEqual(images);
});
