import type { ApplicationSource } from '../application/source.ts';

/** The variables Argo CD calls the build environment. */
export function buildEnvironment(facts: {
  application: { name: string; project: string };
  destinationNamespace: string;
  source: ApplicationSource;
  revision: string;
}): Record<string, string> {
  const { application, destinationNamespace, source, revision } = facts;
  return {
    ARGOCD_APP_NAME: application.name,
    ARGOCD_APP_NAMESPACE: destinationNamespace,
    ARGOCD_APP_PROJECT_NAME: application.project,
    ARGOCD_APP_REVISION: revision,
    ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
    ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
    ARGOCD_APP_SOURCE_REPO_URL: source.repoURL,
    ARGOCD_APP_SOURCE_PATH: source.path ?? '',
    ARGOCD_APP_SOURCE_TARGET_REVISION: source.targetRevision ?? '',
  };
}

/**
 * Replaces `$NAME` and `${NAME}`; `$$` is a dollar sign. A name that is not in the environment becomes empty, as in Argo
 * CD: the same repository must render the same manifests.
 */
export function substituteEnvironment(text: string, environment: Record<string, string>): string {
  return text.replace(/\$(?:\$|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (whole, braced?: string, plain?: string) => {
    if (whole === '$$') return '$';
    return environment[braced ?? plain ?? ''] ?? '';
  });
}

/** Whether rendering depends on the commit itself and not only on files: the key of the render then includes it. */
export function dependsOnRevision(source: ApplicationSource): boolean {
  return source.plugin !== undefined || JSON.stringify(source).includes('ARGOCD_APP_REVISION');
}
