import { equalJson } from '../../json.ts';
import type { GroupResource, StoredObject } from '../../storage/internal-client.ts';
import type { ControllerContext } from './controller.ts';

/** Writes a status when it differs from the one stored. Returns the object as stored then. */
export function writeStatus<Kind extends StoredObject>(
  { client }: Pick<ControllerContext, 'client'>,
  write: { resource: GroupResource; object: Kind; status: Kind['status']; manager: string },
): Kind {
  const { resource, object, status, manager } = write;
  if (equalJson(object['status'], status)) return object;
  return client.updateStatus(resource, { ...object, status }, manager) as Kind;
}

/** An object without its zeros, empty strings and absent fields, as Go's `omitempty` leaves them out. */
export function omitEmpty<Shape extends object>(shape: Shape): Shape {
  return Object.fromEntries(
    Object.entries(shape).filter(
      ([, value]) =>
        value !== undefined && value !== 0 && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  ) as Shape;
}
