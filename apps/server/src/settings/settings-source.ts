import { LABEL_PART_OF, parseGoDuration, parseSettings, type Settings } from '@lockstep/core';
import { type ActionSettings, readActionSettings } from '@lockstep/rbac';
import type { Collection, ConfigMap, Secret } from '../api/api-context.ts';
import { type OidcSettings, readOidcSettings } from './oidc-settings.ts';
import { type ScriptChecker, scriptProblems } from './script-problems.ts';

/** What `argocd-cm` and `argocd-secret` say to the API. */
export interface ServerSettings {
  /** The canonical address, without a trailing slash; '' when nobody set it. */
  url: string;
  additionalUrls: string[];
  anonymousEnabled: boolean;
  sessionSeconds: number;
  passwordPattern: string;
  oidc: OidcSettings | undefined;
  actions: ActionSettings;
  /** Syncing to another revision than the specification names needs `override`. */
  revisionNeedsOverride: boolean;
  maxPodLogs: number;
  webhookMaxBytes: number;
  /** Data of `argocd-cm`, for what is only shown. */
  data: Readonly<Record<string, string>>;
  /** Data of `argocd-secret`, decoded. */
  secret: Readonly<Record<string, string>>;
  /** What the controller reads from the same objects; the API masks and validates by it. */
  core: Settings;
  /** Entries that could not be used, in words. */
  warnings: string[];
}

/** The settings as of now, read again only when an object they come from changed. */
export class SettingsSource {
  readonly #configMaps: Collection<ConfigMap>;
  readonly #secrets: Collection<Secret>;
  readonly #namespace: string;
  readonly #listeners = new Set<() => void>();
  #current: ServerSettings | undefined;

  readonly #lua: ScriptChecker;

  constructor(
    collections: { configMaps: Collection<ConfigMap>; secrets: Collection<Secret> },
    namespace: string,
    lua: ScriptChecker,
  ) {
    this.#lua = lua;
    this.#configMaps = collections.configMaps;
    this.#secrets = collections.secrets;
    this.#namespace = namespace;
    const forget = ({ item }: { item: { metadata: { name?: string; labels?: Record<string, string> } } }): void => {
      const isOurs =
        item.metadata.name?.startsWith('argocd-') === true || item.metadata.labels?.[LABEL_PART_OF] === 'argocd';
      if (!isOurs) return;
      this.#current = undefined;
      for (const listener of this.#listeners) listener();
    };
    collections.configMaps.onChange(forget);
    collections.secrets.onChange(forget);
  }

  get(): ServerSettings {
    if (this.#current === undefined) {
      this.#current = this.#read();
      void this.#checkScripts(this.#current);
    }
    return this.#current;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  configMap(name: string): Readonly<Record<string, string>> {
    return this.#configMaps.get(this.#namespace, name)?.data ?? {};
  }

  secret(name: string): Readonly<Record<string, string>> {
    return decode(this.#secrets.get(this.#namespace, name)?.data);
  }

  #read(): ServerSettings {
    const data = this.configMap('argocd-cm');
    const secret = this.secret('argocd-secret');
    const warnings: string[] = [];
    const core = parseSettings({
      configMap: data,
      parameters: this.configMap('argocd-cmd-params-cm'),
    });
    for (const { key, message } of core.warnings) warnings.push(`argocd-cm ${key}: ${message}`);
    const oidc = readOidcSettings(data, (reference) => this.#resolve(reference, secret));
    if (oidc.problem !== undefined) warnings.push(`argocd-cm oidc.config: ${oidc.problem}`);
    return {
      url: (data['url'] ?? '').trim().replace(/\/+$/, ''),
      additionalUrls: (data['additionalUrls'] ?? '')
        .split('\n')
        .map((line) =>
          line
            .replace(/^\s*-\s*/, '')
            .trim()
            .replace(/\/+$/, ''),
        )
        .filter((line) => line !== ''),
      anonymousEnabled: data['users.anonymous.enabled'] === 'true',
      sessionSeconds: sessionSeconds(data['users.session.duration']),
      passwordPattern: data['passwordPattern'] || '^.{8,32}$',
      oidc: oidc.settings,
      actions: readActionSettings(data),
      revisionNeedsOverride: data['application.sync.requireOverridePrivilegeForRevisionSync'] === 'true',
      maxPodLogs: positive(data['server.maxPodLogsToRender'], 10),
      webhookMaxBytes: positive(data['webhook.maxPayloadSizeMB'], 50) * 1024 * 1024,
      data,
      secret,
      core: core.settings,
      warnings,
    };
  }

  /** Whether the scripts parse is known a moment later. */
  async #checkScripts(settings: ServerSettings): Promise<void> {
    const problems = await scriptProblems(settings.core, this.#lua);
    if (problems.length > 0 && this.#current === settings)
      this.#current = { ...settings, warnings: [...settings.warnings, ...problems] };
  }

  /** `$key` is a key of `argocd-secret`; `$name:key` one of another Secret that carries our label. */
  #resolve(reference: string, own: Readonly<Record<string, string>>): string | undefined {
    const [name, key] = reference.split(':', 2);
    if (key === undefined) return own[reference];
    const secret = this.#secrets.get(this.#namespace, name ?? '');
    if (secret?.metadata.labels?.[LABEL_PART_OF] !== 'argocd') return undefined;
    return decode(secret.data)[key];
  }
}

function decode(data: Record<string, string> | undefined): Record<string, string> {
  const decoded: Record<string, string> = {};
  for (const [key, value] of Object.entries(data ?? {})) decoded[key] = Buffer.from(value, 'base64').toString('utf8');
  return decoded;
}

function sessionSeconds(text: string | undefined): number {
  const milliseconds = text === undefined ? undefined : parseGoDuration(text);
  return milliseconds === undefined || milliseconds <= 0 ? 24 * 3600 : milliseconds / 1000;
}

function positive(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : fallback;
}
