import { equalJson, objectAt, stringAt, stringsAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { oneOf } from '../checks.ts';
import { type FieldError, fieldForbidden, notSupported, required } from '../field-error.ts';
import { quantityValue } from '../quantity.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export function validateClaim(claim: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(claim, 'spec');
  const modes = stringsAt(spec, 'accessModes');
  const errors: FieldError[] = [];
  if (modes.length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported('spec.accessModes', mode, accessModes));
  if (stringAt(spec, 'resources', 'requests', 'storage') === undefined)
    errors.push(required('spec.resources[storage]'));
  errors.push(...oneOf('spec.volumeMode', spec['volumeMode'], ['Block', 'Filesystem']));
  return live === undefined ? errors : [...errors, ...claimUpdateErrors(spec, live)];
}

function claimUpdateErrors(spec: Record<string, unknown>, live: StoredObject): FieldError[] {
  const before = objectAt(live, 'spec');
  const isBound = stringAt(live, 'status', 'phase') === 'Bound';
  const fixed = (whole: Record<string, unknown>): object => ({
    ...whole,
    // A claim can grow once it is bound.
    resources: isBound ? undefined : whole['resources'],
    volumeAttributesClassName: undefined,
    // Binding fills in the volume.
    volumeName: stringAt(before, 'volumeName') === undefined ? undefined : whole['volumeName'],
    storageClassName: before['storageClassName'] === undefined ? undefined : whole['storageClassName'],
  });
  const errors: FieldError[] = [];
  if (!equalJson(fixed(spec), fixed(before))) {
    const changed = Object.keys({ ...spec, ...before }).filter((key) => !equalJson(spec[key], before[key]));
    errors.push(
      fieldForbidden(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\nchanged: ${changed.join(', ')}`,
      ),
    );
  }
  const size = quantityValue(stringAt(spec, 'resources', 'requests', 'storage') ?? '0') ?? 0;
  const sizeBefore = quantityValue(stringAt(before, 'resources', 'requests', 'storage') ?? '0') ?? 0;
  if (isBound && size < sizeBefore)
    errors.push(fieldForbidden('spec.resources.requests.storage', 'field can not be less than previous value'));
  return errors;
}

export function validateVolume(volume: StoredObject, _live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(volume, 'spec');
  const errors: FieldError[] = [];
  if (stringsAt(spec, 'accessModes').length === 0) errors.push(required('spec.accessModes'));
  if (stringAt(spec, 'capacity', 'storage') === undefined) errors.push(required('spec.capacity'));
  errors.push(
    ...oneOf('spec.persistentVolumeReclaimPolicy', spec['persistentVolumeReclaimPolicy'], [
      'Delete',
      'Recycle',
      'Retain',
    ]),
  );
  const plain = new Set([
    'accessModes',
    'capacity',
    'claimRef',
    'mountOptions',
    'nodeAffinity',
    'persistentVolumeReclaimPolicy',
    'storageClassName',
    'volumeAttributesClassName',
    'volumeMode',
  ]);
  if (Object.keys(spec).every((key) => plain.has(key))) errors.push(required('spec', 'must specify a volume type'));
  return errors;
}
