import type { ResourceAction } from '../../../lib/api-types.ts';

/** What an action is called: as its author says, else its name in words. */
export function actionTitle({ name, displayName }: Pick<ResourceAction, 'name' | 'displayName'>): string {
  return displayName || sentenceCase(name);
}

/** `create-job` → `Create job` */
export function sentenceCase(name: string): string {
  const text = name.replaceAll(/[-_]/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
