/** One state of one object: no two objects share it, and no two states of one. */
export function versionOf({ uid, resourceVersion }: { uid?: string; resourceVersion?: string }): string {
  return `${uid} ${resourceVersion}`;
}
