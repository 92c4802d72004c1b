import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { SettingsSource } from '../../settings/settings-source.ts';
import type { ApiConfig } from '../api-context.ts';

export interface SettingsRoutes {
  settings: SettingsSource;
  config: ApiConfig;
}

/** What the dashboard and the CLI need to know before anybody logged in, and a little more after. */
export const settingsRoutes: FastifyPluginAsyncTypebox<SettingsRoutes> = async (app, { settings, config }) => {
  app.get(
    '/api/v1/settings',
    {
      config: { access: 'session-optional' },
      schema: {
        tags: ['settings'],
        response: { 200: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }) },
      },
    },
    async (request) => {
      const { url, additionalUrls, oidc, data, core, passwordPattern } = settings.get();
      return {
        url,
        ...(additionalUrls.length === 0 ? {} : { additionalUrls }),
        appLabelKey: core.tracking.labelKey,
        trackingMethod: core.tracking.method,
        ...(core.tracking.installationId === undefined ? {} : { installationID: core.tracking.installationId }),
        statusBadgeEnabled: data['statusbadge.enabled'] === 'true',
        userLoginsDisabled: isLoginDisabled(data),
        help: { chatUrl: webLink(data['help.chatUrl']), chatText: data['help.chatText'] ?? '' },
        uiCssURL: webLink(data['ui.cssurl']),
        uiLoginButtonText: data['ui.loginButtonText'] ?? '',
        execEnabled: data['exec.enabled'] === 'true',
        appsInAnyNamespaceEnabled: config.applicationNamespaces.length > 0,
        impersonationEnabled: core.impersonation.enabled,
        hydratorEnabled: false,
        resourceViewEnabled: data['ui.view.resources.disabled'] !== 'true',
        kustomizeVersions: Object.keys(core.kustomize.versions),
        ...(oidc === undefined
          ? {}
          : {
              oidcConfig: {
                name: oidc.name,
                issuer: oidc.issuer,
                clientID: oidc.clientID,
                cliClientID: oidc.cliClientID,
                scopes: oidc.requestedScopes,
                enablePKCEAuthentication: true,
              },
            }),
        ...(request.identity === undefined
          ? {}
          : {
              passwordPattern,
              controllerNamespace: config.namespace,
              uiBannerContent: data['ui.bannercontent'] ?? '',
              uiBannerURL: webLink(data['ui.bannerurl']),
              uiBannerPermanent: data['ui.bannerpermanent'] === 'true',
              uiBannerPosition: data['ui.bannerposition'] ?? 'top',
              warnings: settings.get().warnings,
            }),
      };
    },
  );

  app.get(
    '/api/v1/settings/plugins',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['settings'],
        response: { 200: Type.Object({ plugins: Type.Array(Type.Object({ name: Type.String() })) }) },
      },
    },
    async () => ({ plugins: [] }),
  );

  app.get(
    '/api/version',
    {
      config: { access: 'session-optional' },
      schema: { tags: ['settings'], response: { 200: Type.Record(Type.String(), Type.String()) } },
    },
    async (request): Promise<Record<string, string>> => {
      const { version, ...details } = config.version;
      return request.identity === undefined ? { Version: version } : { Version: version, ...details };
    },
  );
};

/** Nobody can log in by password: the dashboard hides the form. */
function isLoginDisabled(data: Readonly<Record<string, string>>): boolean {
  if (data['admin.enabled'] !== 'false') return false;
  return !Object.entries(data).some(
    ([key, value]) => /^accounts\.[^.]+$/.test(key) && value.split(',').some((word) => word.trim() === 'login'),
  );
}

/** Addresses in settings become links, so only those of the web are passed on. */
function webLink(text: string | undefined): string {
  if (text === undefined || !URL.canParse(text)) return '';
  return ['http:', 'https:'].includes(new URL(text).protocol) ? text : '';
}
