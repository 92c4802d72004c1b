/** What the server's query language knows about applications. */
export const applicationFilterKeys = [
  'name',
  'project',
  'health',
  'sync',
  'namespace',
  'cluster',
  'repo',
  'label',
  'autosync',
  'phase',
  'image',
  'revision',
] as const;
