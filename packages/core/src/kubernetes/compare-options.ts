import { ANNOTATION_COMPARE_OPTIONS, ANNOTATION_IGNORE_HEALTHCHECK, annotationList } from './annotations.ts';

/** What `argocd.argoproj.io/compare-options` says, on a resource or on an Application. */
export interface CompareOptions {
  /** A live object without target does not make the application OutOfSync. */
  ignoreExtraneous: boolean;
  /** Absent: not said here. */
  serverSideDiff?: boolean;
  /** Keep fields that admission webhooks changed in the diff. Absent: not said here. */
  includeMutationWebhook?: boolean;
}

/** Reads the compare options. A problem names the value and the fix and never stops the rest. */
export function compareOptionsOf(object: { metadata: { annotations?: Record<string, string> } }): {
  options: CompareOptions;
  problems: string[];
} {
  const options: CompareOptions = { ignoreExtraneous: false };
  const problems: string[] = [];
  for (const entry of annotationList(object, ANNOTATION_COMPARE_OPTIONS)) {
    switch (entry) {
      case 'IgnoreExtraneous':
      case 'IgnoreExtraneous=true':
        options.ignoreExtraneous = true;
        break;
      case 'IgnoreExtraneous=false':
        options.ignoreExtraneous = false;
        break;
      case 'ServerSideDiff=true':
        options.serverSideDiff = true;
        break;
      case 'ServerSideDiff=false':
        options.serverSideDiff = false;
        break;
      case 'IncludeMutationWebhook=true':
        options.includeMutationWebhook = true;
        break;
      case 'IncludeMutationWebhook=false':
        options.includeMutationWebhook = false;
        break;
      default:
        problems.push(
          `annotation ${ANNOTATION_COMPARE_OPTIONS} has the unknown value "${entry}". Use IgnoreExtraneous, ServerSideDiff=true, ServerSideDiff=false or IncludeMutationWebhook=true`,
        );
    }
  }
  return { options, problems };
}

/** Whether the resource asks to stay out of the application's health. */
export function isExcludedFromHealth(object: { metadata: { annotations?: Record<string, string> } }): boolean {
  return object.metadata.annotations?.[ANNOTATION_IGNORE_HEALTHCHECK] === 'true';
}
