import { globAsRegex, type MatchMode } from './pattern.ts';
import { type PolicyLines, parsePolicyLines } from './policy-line.ts';

const readable: [resource: string, object: string][] = [
  ['applications', '*/*'],
  ['applicationsets', '*/*'],
  ['certificates', '*'],
  ['clusters', '*'],
  ['repositories', '*'],
  ['write-repositories', '*'],
  ['projects', '*'],
  ['accounts', '*'],
  ['gpgkeys', '*'],
  ['logs', '*/*'],
];

const writable: [resource: string, object: string, actions: string[]][] = [
  [
    'applications',
    '*/*',
    ['create', 'update', 'update/*', 'delete', 'delete/*', 'sync', 'rollback', 'override', 'action/*'],
  ],
  ['applicationsets', '*/*', ['create', 'update', 'delete']],
  ['certificates', '*', ['create', 'update', 'delete']],
  ['clusters', '*', ['create', 'update', 'delete']],
  ['repositories', '*', ['create', 'update', 'delete']],
  ['write-repositories', '*', ['create', 'update', 'delete']],
  ['projects', '*', ['create', 'update', 'delete']],
  ['accounts', '*', ['update']],
  ['gpgkeys', '*', ['create', 'delete']],
  ['exec', '*/*', ['create']],
];

/** The lines every installation has: `role:readonly`, `role:admin`, and that the second includes the first. */
export function builtInPolicy(mode: MatchMode): PolicyLines {
  const pattern = (glob: string): string => (mode === 'regex' ? globAsRegex(glob) : glob);
  const line = (role: string, resource: string, action: string, object: string): string =>
    `p, ${role}, ${pattern(resource)}, ${pattern(action)}, ${pattern(object)}, allow`;
  const csv = [
    ...readable.map(([resource, object]) => line('role:readonly', resource, 'get', object)),
    ...writable.flatMap(([resource, object, actions]) =>
      actions.map((action) => line('role:admin', resource, action, object)),
    ),
    'g, role:admin, role:readonly',
  ].join('\n');
  return parsePolicyLines(csv, { origin: 'built-in', mode });
}
