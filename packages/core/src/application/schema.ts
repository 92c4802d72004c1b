import Type, { type TSchema } from 'typebox';

/** A list of strings. */
export function strings(description?: string) {
  return Type.Array(Type.String(), description === undefined ? {} : { description });
}

/** A map of string to string. */
export function stringMap() {
  return Type.Record(Type.String(), Type.String());
}

/** A Kubernetes int-or-string. */
export function intOrString() {
  return Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
  });
}

/** A string the program knows all values of; the schema keeps it open, so that objects written by others stay readable. */
export function literal<T extends string>(description?: string) {
  return Type.Unsafe<T>(Type.String(description === undefined ? {} : { description }));
}

/** An RFC 3339 time in UTC with whole seconds. */
export function time() {
  return Type.Unsafe<string>(Type.String({ format: 'date-time' }));
}

/** A 64-bit integer; JavaScript's safe range is enough for every use here. */
export function int64() {
  return Type.Integer({ format: 'int64' });
}

/** An open sub-tree: any object, kept field for field. */
export function openObject<T = Record<string, unknown>>(description?: string) {
  return Type.Unsafe<T>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    ...(description === undefined ? {} : { description }),
  });
}

/** Any JSON value, kept as it is. */
export function anyJson<T = unknown>() {
  return Type.Unsafe<T>({ 'x-kubernetes-preserve-unknown-fields': true } as TSchema);
}

/** A Kubernetes label selector; as a whole it has one owner, like everywhere in Kubernetes. */
export function labelSelector() {
  return Type.Object(
    {
      matchLabels: Type.Optional(stringMap()),
      matchExpressions: Type.Optional(
        Type.Array(Type.Object({ key: Type.String(), operator: Type.String(), values: Type.Optional(strings()) })),
      ),
    },
    { 'x-kubernetes-map-type': 'atomic' },
  );
}
