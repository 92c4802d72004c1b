/** What the server's query language knows about applications. */
export const applicationFilterKeys = [
  'health',
  'sync',
  'project',
  'cluster',
  'ns',
  'auto',
  'repo',
  'label',
  'name',
  'image',
  'op',
] as const;
