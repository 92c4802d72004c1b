import { load } from 'js-yaml';
import { matchesGlob } from '../kubernetes/glob.ts';
import { BUILT_IN_EXCLUSIONS, DEFAULT_SETTINGS } from './default-settings.ts';
import { parseGoDuration } from './go-duration.ts';
import type { CustomActions, ResourceCustomization, ResourceFilter, Settings, SettingsWarning } from './settings.ts';

type Data = Record<string, string>;

/**
 * Reads the data of `argocd-cm` and `argocd-cmd-params-cm`. Never throws: an entry that cannot be used keeps its default
 * and becomes a warning that names the key and the fix. One bad customization does not disable the others.
 */
export function parseSettings({ configMap = {}, parameters = {} }: { configMap?: Data; parameters?: Data }): {
  settings: Settings;
  warnings: SettingsWarning[];
} {
  const warnings: SettingsWarning[] = [];
  const main = new Reader(configMap, warnings);
  const flags = new Reader(parameters, warnings);
  const defaults = DEFAULT_SETTINGS;
  const settings: Settings = {
    reconciliation: {
      timeoutSeconds: main.seconds('timeout.reconciliation', defaults.reconciliation.timeoutSeconds),
      jitterSeconds: main.seconds('timeout.reconciliation.jitter', defaults.reconciliation.jitterSeconds),
      hardTimeoutSeconds: main.seconds('timeout.hard.reconciliation', defaults.reconciliation.hardTimeoutSeconds),
    },
    tracking: tracking(main),
    exclusions: [...BUILT_IN_EXCLUSIONS, ...resourceFilters(main, 'resource.exclusions')],
    inclusions: resourceFilters(main, 'resource.inclusions'),
    customizations: customizations(main),
    compareOptions: compareOptions(main),
    ignoreResourceUpdatesEnabled: main.boolean('resource.ignoreResourceUpdatesEnabled', true),
    serverSideDiff: flags.boolean('controller.diff.server.side', defaults.serverSideDiff),
    respectRBAC: main.oneOf('resource.respectRBAC', ['', 'normal', 'strict'], ''),
    sensitiveAnnotations: main.commaList('resource.sensitive.mask.annotations'),
    customLabels: main.commaList('resource.customLabels'),
    includeEventLabelKeys: main.commaList('resource.includeEventLabelKeys'),
    excludeEventLabelKeys: main.commaList('resource.excludeEventLabelKeys'),
    allowedNodeLabels: main.commaList('application.allowedNodeLabels'),
    inClusterEnabled: main.boolean('cluster.inClusterEnabled', true),
    globalProjects: globalProjects(main),
    applicationNamespaces: flags.commaList('application.namespaces'),
    helm: {
      enabled: main.boolean('helm.enable', true),
      valuesFileSchemes:
        main.text('helm.valuesFileSchemes') === undefined
          ? defaults.helm.valuesFileSchemes
          : main.commaList('helm.valuesFileSchemes'),
    },
    kustomize: {
      enabled: main.boolean('kustomize.enable', true),
      buildOptions: main.text('kustomize.buildOptions') ?? '',
      versions: kustomizeVersions(configMap),
    },
    jsonnet: { enabled: main.boolean('jsonnet.enable', true) },
    impersonation: {
      enabled: main.boolean('application.sync.impersonation.enabled', false),
      enforced: main.boolean('application.sync.impersonation.enforced', true),
    },
    selfHeal: {
      timeoutSeconds: flags.seconds('controller.self.heal.timeout.seconds', defaults.selfHeal.timeoutSeconds),
      backoff: {
        timeoutSeconds: flags.seconds('controller.self.heal.backoff.timeout.seconds', 2),
        factor: flags.number('controller.self.heal.backoff.factor', 3),
        capSeconds: flags.seconds('controller.self.heal.backoff.cap.seconds', 300),
      },
    },
    syncTimeoutSeconds: flags.seconds('controller.sync.timeout.seconds', 0),
    pruneLimit: {
      percent: flags.number('lockstep.prune.limit.percent', defaults.pruneLimit.percent),
      minimum: flags.number('lockstep.prune.limit.minimum', defaults.pruneLimit.minimum),
    },
    syncWaveDelaySeconds: flags.seconds('controller.sync.wave.delay.seconds', defaults.syncWaveDelaySeconds),
    repositoryErrorGraceSeconds: flags.seconds('controller.repo.error.grace.period.seconds', 180),
    persistResourceHealth: flags.boolean('controller.resource.health.persist', defaults.persistResourceHealth),
    maxDirectoryManifestBytes: flags.bytes(
      'reposerver.max.combined.directory.manifests.size',
      defaults.maxDirectoryManifestBytes,
    ),
    renderTimeoutSeconds: flags.seconds('reposerver.exec.timeout', defaults.renderTimeoutSeconds),
  };
  return { settings, warnings };
}

/** Typed reads of one ConfigMap; what cannot be read is the fallback and a warning. */
class Reader {
  readonly data: Data;
  private readonly warnings: SettingsWarning[];

  constructor(data: Data, warnings: SettingsWarning[]) {
    this.data = data;
    this.warnings = warnings;
  }

  warn(key: string, message: string): void {
    this.warnings.push({ key, message: `${key}: ${message}` });
  }

  text(key: string): string | undefined {
    const value = this.data[key];
    return value === undefined || value.trim() === '' ? undefined : value.trim();
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.text(key)?.toLowerCase();
    if (value === undefined) return fallback;
    if (['true', '1', 't'].includes(value)) return true;
    if (['false', '0', 'f'].includes(value)) return false;
    this.warn(key, `"${value}" is neither true nor false, so ${fallback} applies. Write "true" or "false"`);
    return fallback;
  }

  number(key: string, fallback: number): number {
    const value = this.text(key);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (Number.isFinite(number) && number >= 0) return number;
    this.warn(key, `"${value}" is no number, so ${fallback} applies. Write a number of zero or more`);
    return fallback;
  }

  seconds(key: string, fallback: number): number {
    const value = this.text(key);
    if (value === undefined) return fallback;
    const milliseconds = parseGoDuration(value);
    if (milliseconds !== undefined && milliseconds >= 0) return milliseconds / 1000;
    this.warn(key, `"${value}" is no duration, so ${fallback}s applies. Write for example "180s" or "3m"`);
    return fallback;
  }

  bytes(key: string, fallback: number): number {
    const value = this.text(key);
    if (value === undefined) return fallback;
    const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?$/i.exec(value);
    const exponent = match === null ? -1 : ['', 'K', 'M', 'G', 'T'].indexOf((match[2] as string).toUpperCase());
    if (match !== null && exponent >= 0) return Number(match[1]) * 1024 ** exponent;
    this.warn(key, `"${value}" is no size, so ${fallback} bytes apply. Write for example "10M"`);
    return fallback;
  }

  oneOf<T extends string>(key: string, values: readonly T[], fallback: T): T {
    const value = this.text(key);
    if (value === undefined) return fallback;
    if ((values as readonly string[]).includes(value)) return value as T;
    this.warn(
      key,
      `"${value}" is unknown, so "${fallback}" applies. Use one of ${values.map((known) => `"${known}"`).join(', ')}`,
    );
    return fallback;
  }

  commaList(key: string): string[] {
    return (this.text(key) ?? '')
      .split(/[,\n]/)
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
  }

  /** Parsed YAML of one key; undefined when absent or broken. */
  yaml(key: string): unknown {
    const value = this.text(key);
    if (value === undefined) return undefined;
    try {
      return load(value);
    } catch (error) {
      this.warn(
        key,
        `is not valid YAML (${firstLine(error)}), so it is ignored. Correct the indentation or quote the value`,
      );
      return undefined;
    }
  }

  yamlMap(key: string): Record<string, unknown> {
    return this.mapOf(key, this.yaml(key));
  }

  mapOf(key: string, value: unknown): Record<string, unknown> {
    if (value === undefined || value === null) return {};
    if (isRecord(value)) return value;
    this.warn(key, 'must be a YAML map, so it is ignored. Write it as `field: value` lines');
    return {};
  }

  yamlList(key: string): unknown[] {
    const value = this.yaml(key);
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.warn(key, 'must be a YAML list, so it is ignored. Start each entry with `- `');
    return [];
  }
}

function tracking(main: Reader): Settings['tracking'] {
  const installationId = main.text('installationID');
  return {
    method: main.oneOf(
      'application.resourceTrackingMethod',
      ['annotation', 'annotation+label', 'label'] as const,
      DEFAULT_SETTINGS.tracking.method,
    ),
    labelKey: main.text('application.instanceLabelKey') ?? DEFAULT_SETTINGS.tracking.labelKey,
    ...(installationId === undefined ? {} : { installationId }),
  };
}

function compareOptions(main: Reader): Settings['compareOptions'] {
  const key = 'resource.compareoptions';
  const block = main.yamlMap(key);
  const field = block['ignoreResourceStatusField'];
  // Argo CD's aliases: YAML reads an unquoted off as false.
  const status =
    field === undefined || field === null ? 'all' : ['off', 'false'].includes(String(field)) ? 'none' : String(field);
  const known = ['all', 'crd', 'none'] as const;
  const statusField = known.find((value) => value === status);
  if (statusField === undefined) {
    main.warn(key, `ignoreResourceStatusField "${status}" is unknown, so "all" applies. Use all, crd or none`);
  }
  return {
    ignoreAggregatedRoles: block['ignoreAggregatedRoles'] === true,
    ignoreResourceStatusField: statusField ?? 'all',
    ignoreDifferencesOnResourceUpdates: block['ignoreDifferencesOnResourceUpdates'] !== false,
  };
}

function resourceFilters(main: Reader, key: string): ResourceFilter[] {
  return main.yamlList(key).flatMap((entry, index) => {
    if (!isRecord(entry)) {
      main.warn(key, `entry ${index + 1} is no map, so it is ignored. Give it apiGroups, kinds and clusters`);
      return [];
    }
    return [
      {
        apiGroups: stringList(entry['apiGroups']),
        kinds: stringList(entry['kinds']),
        clusters: stringList(entry['clusters']),
      },
    ];
  });
}

function globalProjects(main: Reader): Settings['globalProjects'] {
  return main.yamlList('globalProjects').flatMap((entry) => {
    if (isRecord(entry) && typeof entry['projectName'] === 'string' && isRecord(entry['labelSelector'])) {
      return [{ projectName: entry['projectName'], labelSelector: entry['labelSelector'] }];
    }
    main.warn('globalProjects', 'an entry lacks projectName or labelSelector, so it is ignored. Give it both');
    return [];
  });
}

function kustomizeVersions(data: Data): Settings['kustomize']['versions'] {
  const versions: Settings['kustomize']['versions'] = {};
  for (const [key, value] of Object.entries(data)) {
    const match = /^kustomize\.(path|buildOptions)\.(.+)$/.exec(key);
    if (match === null) continue;
    const version = match[2] as string;
    versions[version] = { ...versions[version], [match[1] as string]: value.trim() };
  }
  return versions;
}

const SPLIT_KEY =
  /^resource\.customizations\.(health|useOpenLibs|actions|ignoreDifferences|ignoreResourceUpdates|knownTypeFields)\.(.+)$/;

/** The split keys win over the merged form, as in Argo CD; entries of one kind are merged. */
function customizations(main: Reader): ResourceCustomization[] {
  const byKind = new Map<string, ResourceCustomization>();
  const of = (group: string, kind: string): ResourceCustomization => {
    const name = `${group}/${kind}`;
    const known = byKind.get(name) ?? { group, kind };
    byKind.set(name, known);
    return known;
  };
  const merged = main.yamlMap('resource.customizations');
  for (const [name, block] of Object.entries(merged)) {
    const key = `resource.customizations (${name})`;
    const slash = name.lastIndexOf('/');
    const target = of(slash < 0 ? '' : name.slice(0, slash), name.slice(slash + 1));
    if (name === 'all' || name === '*') Object.assign(target, { group: '*', kind: '*' });
    const fields = main.mapOf(key, block);
    for (const [field, value] of Object.entries(fields)) {
      const part = field === 'health.lua' ? 'health' : field === 'health.lua.useOpenLibs' ? 'useOpenLibs' : field;
      // Inner blocks are YAML text in this form.
      assign(main, key, target, part, value);
    }
  }
  for (const key of Object.keys(main.data)) {
    const match = SPLIT_KEY.exec(key);
    if (match === null) continue;
    const name = match[2] as string;
    const underscore = name.lastIndexOf('_');
    const target =
      name === 'all' ? of('*', '*') : of(underscore < 0 ? '' : name.slice(0, underscore), name.slice(underscore + 1));
    assign(main, key, target, match[1] as string, main.data[key]);
  }
  return [...byKind.values()];
}

/** The types whose values are understood: those of the core API, quantities and durations. */
const KNOWN_TYPE = /^(core\/(v1\/[A-Z]\w*|Quantity)|meta\/v1\/Duration)$/;

function assign(main: Reader, key: string, target: ResourceCustomization, part: string, value: unknown): void {
  switch (part) {
    case 'health':
      if (typeof value === 'string') target.healthLua = value;
      else main.warn(key, 'the health script must be text, so it is ignored. Write it as a block with `|`');
      return;
    case 'useOpenLibs':
      target.useOpenLibs = String(value).trim() === 'true';
      return;
    case 'actions':
      assignActions(main, key, target, parsed(main, key, value));
      return;
    case 'ignoreDifferences':
    case 'ignoreResourceUpdates': {
      const block = main.mapOf(key, parsed(main, key, value));
      target[part] = {
        jsonPointers: stringList(block['jsonPointers']),
        jqPathExpressions: stringList(block['jqPathExpressions']),
        ...(part === 'ignoreDifferences' ? { managedFieldsManagers: stringList(block['managedFieldsManagers']) } : {}),
      };
      return;
    }
    case 'knownTypeFields': {
      const list = parsed(main, key, value);
      if (list !== undefined && list !== null && !Array.isArray(list)) {
        main.warn(key, 'must be a YAML list, so it is ignored. Start each entry with `- field:`');
      }
      target.knownTypeFields = (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
        const { field, type } = isRecord(entry) ? entry : {};
        if (typeof field === 'string' && typeof type === 'string' && KNOWN_TYPE.test(type)) return [{ field, type }];
        main.warn(
          key,
          `entry ${index + 1} needs a field and a type such as core/v1/PodSpec, core/Quantity or meta/v1/Duration, so it is ignored. Correct it`,
        );
        return [];
      });
      return;
    }
    default:
      main.warn(
        key,
        `"${part}" is unknown, so it is ignored. Use health.lua, actions, ignoreDifferences, ignoreResourceUpdates or knownTypeFields`,
      );
  }
}

function assignActions(main: Reader, key: string, target: ResourceCustomization, value: unknown): void {
  const block = main.mapOf(key, value);
  if (Object.keys(block).length === 0) return;
  const { 'discovery.lua': discovery = '', definitions = [], mergeBuiltinActions } = block;
  if (typeof discovery !== 'string') {
    main.warn(key, 'discovery.lua must be text, so the actions are ignored. Write it as a block with `|`');
    return;
  }
  const actions: CustomActions = {
    discoveryLua: discovery,
    definitions: [],
    mergeBuiltinActions: mergeBuiltinActions === true,
  };
  for (const [index, entry] of (Array.isArray(definitions) ? definitions : [definitions]).entries()) {
    const { name, 'action.lua': actionLua } = isRecord(entry) ? entry : {};
    if (typeof name === 'string' && name !== '' && typeof actionLua === 'string')
      actions.definitions.push({ name, actionLua });
    else main.warn(key, `definition ${index + 1} lacks name or action.lua, so it is ignored. Give it both, as text`);
  }
  target.actions = actions;
}

function parsed(main: Reader, key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return load(value);
  } catch (error) {
    main.warn(
      key,
      `is not valid YAML (${firstLine(error)}), so it is ignored. Correct the indentation or quote the value`,
    );
    return undefined;
  }
}

/** The customizations whose globs match a kind, in the order given. */
export function customizationsFor(
  settings: Settings,
  { group, kind }: { group: string; kind: string },
): ResourceCustomization[] {
  return settings.customizations.filter((entry) => matchesGlob(entry.group, group) && matchesGlob(entry.kind, kind));
}

function stringList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string;
}
