export type { components, paths } from './schema.d.ts';
export * from './stream.ts';
