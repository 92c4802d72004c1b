/**
 * `fields=a.b,items.c` keeps only those paths, `fields=-items.x` drops some. Lists are looked through: a path names the
 * fields of their items. Undefined or empty keeps everything.
 */
export function selectFields(value: unknown, fields: string | undefined): unknown {
  const paths = (fields ?? '').split(',').filter((path) => path !== '');
  if (paths.length === 0) return value;
  const dropped = paths.filter((path) => path.startsWith('-')).map((path) => path.slice(1).split('.'));
  if (dropped.length > 0) return drop(value, dropped);
  return keep(
    value,
    paths.map((path) => path.split('.')),
  );
}

function keep(value: unknown, paths: string[][]): unknown {
  if (Array.isArray(value)) return value.map((item) => keep(item, paths));
  if (!isRecord(value) || paths.some((path) => path.length === 0)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const below = paths.filter(([first]) => first === key).map((path) => path.slice(1));
    if (below.length > 0) kept[key] = keep(field, below);
  }
  return kept;
}

function drop(value: unknown, paths: string[][]): unknown {
  if (Array.isArray(value)) return value.map((item) => drop(item, paths));
  if (!isRecord(value)) return value;
  const rest: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const below = paths.filter(([first]) => first === key).map((path) => path.slice(1));
    if (below.some((path) => path.length === 0)) continue;
    rest[key] = below.length > 0 ? drop(field, below) : field;
  }
  return rest;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
