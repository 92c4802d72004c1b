/**
 * Deleting an object of one of these kinds may take data along, or with a StatefulSet what serves it: nobody deletes it
 * unasked, neither to replace it nor because it left Git.
 */
export function losesData({ kind }: { kind: string }): boolean {
  return LOSES_DATA.has(kind);
}

const LOSES_DATA = new Set([
  'CustomResourceDefinition',
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'StatefulSet',
]);
