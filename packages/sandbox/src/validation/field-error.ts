import { ApiError } from '../api-error.ts';

/** The kinds of field errors of the API server, each with the words a message starts with. */
const titles = {
  NotFound: 'Not found',
  Required: 'Required value',
  Duplicate: 'Duplicate value',
  Invalid: 'Invalid value',
  TypeInvalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  Internal: 'Internal error',
} as const;

export type FieldErrorType = keyof typeof titles;

export interface FieldError {
  type: FieldErrorType;
  /** Path such as `spec.containers[0].name`; '' for the object itself. */
  field: string;
  /** Everything after the field: `Invalid value: "x": must be …`. */
  message: string;
}

function showValue(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(value);
}

export function required(field: string, detail = ''): FieldError {
  return { type: 'Required', field, message: detail === '' ? titles.Required : `${titles.Required}: ${detail}` };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    type: 'Invalid',
    field,
    message: `${titles.Invalid}: ${showValue(value)}${detail === '' ? '' : `: ${detail}`}`,
  };
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { ...invalid(field, value, detail), type: 'TypeInvalid' };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { type: 'Duplicate', field, message: `${titles.Duplicate}: ${showValue(value)}` };
}

export function fieldForbidden(field: string, detail: string): FieldError {
  return { type: 'Forbidden', field, message: `${titles.Forbidden}: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((entry) => JSON.stringify(entry)).join(', ');
  return {
    type: 'NotSupported',
    field,
    message: `${titles.NotSupported}: ${showValue(value)}${list === '' ? '' : `: supported values: ${list}`}`,
  };
}

export function tooLong(field: string, maximum: number): FieldError {
  return { type: 'TooLong', field, message: `${titles.TooLong}: may not be more than ${maximum} bytes` };
}

export function tooMany(field: string, actual: number, maximum: number): FieldError {
  const items = maximum === 1 ? 'item' : 'items';
  return { type: 'TooMany', field, message: `${titles.TooMany}: ${actual}: must have at most ${maximum} ${items}` };
}

/** Value of a reference that does not exist: `spec.template.spec.containers[0].volumeMounts[0].name: Not found: "x"`. */
export function fieldNotFound(field: string, value: unknown): FieldError {
  return { type: 'NotFound', field, message: `${titles.NotFound}: ${showValue(value)}` };
}

const causeReasons: Record<FieldErrorType, string> = {
  NotFound: 'FieldValueNotFound',
  Required: 'FieldValueRequired',
  Duplicate: 'FieldValueDuplicate',
  Invalid: 'FieldValueInvalid',
  TypeInvalid: 'FieldValueTypeInvalid',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  Internal: 'InternalError',
};

function describe({ field, message }: FieldError): string {
  return `${field === '' ? '<nil>' : field}: ${message}`;
}

/** 422 Invalid with every error as a cause, worded as the API server does. */
export function invalidObject(kind: { group: string; kind: string }, name: string, errors: FieldError[]): ApiError {
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const texts = [...new Set(errors.map(describe))];
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualified} ${JSON.stringify(name)} is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes: errors.map((error) => ({
      reason: causeReasons[error.type],
      message: error.message,
      field: error.field === '' ? '<nil>' : error.field,
    })),
  });
}
