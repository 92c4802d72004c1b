import { ANNOTATION_SYNC_OPTIONS, annotationList } from './annotations.ts';
import type { KubernetesObject } from './object.ts';

/** Sync options as they were given; absent means not given, so that a resource can override its application. */
export interface SyncOptions {
  prune?: 'true' | 'false' | 'confirm';
  delete?: 'true' | 'false' | 'confirm';
  validate?: boolean;
  replace?: boolean;
  force?: boolean;
  serverSideApply?: boolean;
  clientSideApplyMigration?: boolean;
  skipDryRunOnMissingResource?: boolean;
  pruneLast?: boolean;
  createNamespace?: boolean;
  prunePropagationPolicy?: 'foreground' | 'background' | 'orphan';
  applyOutOfSyncOnly?: boolean;
  failOnSharedResource?: boolean;
  respectIgnoreDifferences?: boolean;
}

/** Options with what could not be understood; a problem names the value and the fix and never stops the rest. */
export interface ParsedSyncOptions {
  options: SyncOptions;
  problems: string[];
}

/** Reads `Key=Value` sync options. `level` decides which keys have a meaning. The last of several wins. */
export function parseSyncOptions(values: readonly string[], level: 'application' | 'resource'): ParsedSyncOptions {
  const options: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const raw of values) {
    const text = raw.trim();
    if (text === '') continue;
    const equals = text.indexOf('=');
    const key = equals < 0 ? text : text.slice(0, equals).trim();
    const value = equals < 0 ? '' : text.slice(equals + 1).trim();
    const option = OPTIONS.find((candidate) => candidate.key === key);
    if (option === undefined) {
      problems.push(`sync option "${text}" is unknown. Use one of ${keysFor(level).join(', ')}`);
    } else if (!option.levels.includes(level)) {
      problems.push(
        `sync option "${text}" has no effect on ${level === 'resource' ? 'a resource' : 'an application'}. Set it on ${level === 'resource' ? 'the application' : 'the resource'}`,
      );
    } else if (!(option.values as readonly string[]).includes(value)) {
      problems.push(
        `sync option "${text}" has an unknown value. Use ${option.values.map((known) => `${key}=${known}`).join(' or ')}`,
      );
    } else {
      options[option.name] = option.values === BOOLEAN ? value === 'true' : value;
    }
  }
  return { options: options as SyncOptions, problems };
}

/** The options of the resource's own annotation. */
export function syncOptionsOf(object: KubernetesObject): ParsedSyncOptions {
  if (object.metadata.annotations?.[ANNOTATION_SYNC_OPTIONS] === undefined) return NONE;
  return parseSyncOptions(annotationList(object, ANNOTATION_SYNC_OPTIONS), 'resource');
}

const NONE: ParsedSyncOptions = { options: {}, problems: [] };
const BOOLEAN = ['true', 'false'] as const;
const BOTH = ['application', 'resource'] as const;
const APPLICATION = ['application'] as const;
const RESOURCE = ['resource'] as const;

interface Option {
  key: string;
  name: keyof SyncOptions;
  levels: readonly ('application' | 'resource')[];
  values: readonly string[];
}

const OPTIONS: readonly Option[] = [
  { key: 'Prune', name: 'prune', levels: BOTH, values: ['true', 'false', 'confirm'] },
  { key: 'Delete', name: 'delete', levels: BOTH, values: ['true', 'false', 'confirm'] },
  { key: 'Validate', name: 'validate', levels: BOTH, values: BOOLEAN },
  { key: 'Replace', name: 'replace', levels: BOTH, values: BOOLEAN },
  { key: 'Force', name: 'force', levels: RESOURCE, values: BOOLEAN },
  { key: 'ServerSideApply', name: 'serverSideApply', levels: BOTH, values: BOOLEAN },
  { key: 'ClientSideApplyMigration', name: 'clientSideApplyMigration', levels: BOTH, values: BOOLEAN },
  { key: 'SkipDryRunOnMissingResource', name: 'skipDryRunOnMissingResource', levels: BOTH, values: BOOLEAN },
  { key: 'PruneLast', name: 'pruneLast', levels: BOTH, values: BOOLEAN },
  { key: 'CreateNamespace', name: 'createNamespace', levels: APPLICATION, values: BOOLEAN },
  {
    key: 'PrunePropagationPolicy',
    name: 'prunePropagationPolicy',
    levels: APPLICATION,
    values: ['foreground', 'background', 'orphan'],
  },
  { key: 'ApplyOutOfSyncOnly', name: 'applyOutOfSyncOnly', levels: APPLICATION, values: BOOLEAN },
  { key: 'FailOnSharedResource', name: 'failOnSharedResource', levels: APPLICATION, values: BOOLEAN },
  { key: 'RespectIgnoreDifferences', name: 'respectIgnoreDifferences', levels: APPLICATION, values: BOOLEAN },
];

function keysFor(level: 'application' | 'resource'): string[] {
  return OPTIONS.filter((option) => option.levels.includes(level)).map((option) => option.key);
}
