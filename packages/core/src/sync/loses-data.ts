/** Deleting an object of one of these kinds takes what is in it along, so nobody deletes it to replace it unasked. */
export function losesData({ kind }: { kind: string }): boolean {
  return LOSES_DATA.has(kind);
}

const LOSES_DATA = new Set(['CustomResourceDefinition', 'Namespace', 'PersistentVolume', 'PersistentVolumeClaim']);
