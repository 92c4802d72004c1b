import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { ApiError, badRequest, unsupportedMediaType } from '../api-error.ts';
import { isObject, type JsonObject } from '../json.ts';
import { decodeKubernetesProtobuf } from '../protobuf/index.ts';
import { jsonProblem } from './go-text.ts';

/** The limit of a real API server for one request. */
const maxBodyBytes = 3 * 1024 * 1024;

const objectMediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export interface RequestBody {
  /** Media type without parameters; '' when the client named none. */
  mediaType: string;
  bytes: Buffer;
}

export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBodyBytes) {
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`);
    }
    chunks.push(bytes);
  }
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const body = Buffer.concat(chunks);
  const bytes = request.headers['content-encoding'] === 'gzip' ? await promisify(gunzip)(body) : body;
  return { mediaType, bytes };
}

/** The object in the body of a create, an update or a delete, in whichever format the client chose. */
export function parseObject({ mediaType, bytes }: RequestBody, kind?: string): JsonObject {
  switch (mediaType) {
    case 'application/vnd.kubernetes.protobuf':
      return decodeProtobuf(bytes);
    case '':
    case 'application/json':
      return asObject(parseJson(bytes, kind), kind);
    case 'application/yaml':
      return asObject(parseYaml(bytes));
    default:
      throw unsupportedMediaType(objectMediaTypes);
  }
}

function parseJson(bytes: Buffer, kind: string | undefined): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unrecognized(text, jsonProblem(text, error), kind);
  }
}

/** `kind` is what the request is about, when that is known before the body is read. */
function unrecognized(text: string, why: string, kind: string | undefined): ApiError {
  const shown = text.startsWith('{') ? text.slice(0, 30) : Buffer.from(text).toString('hex').slice(0, 60);
  const wanted = kind === undefined ? '' : `the object provided is unrecognized (must be of type ${kind}): `;
  return badRequest(`${wanted}couldn't get version/kind; json parse error: ${why} (${shown})`);
}

export function parseYaml(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  // kubectl and controllers send JSON as YAML; it is parsed a hundred times faster as what it is.
  if (text.startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      // Flow-style YAML also starts so.
    }
  }
  try {
    return loadAll(text, null, { json: true, schema: CORE_SCHEMA })[0];
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function asObject(value: unknown, kind?: string): JsonObject {
  if (isObject(value)) return value;
  const go = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  const actual = Array.isArray(value) ? 'array' : typeof value;
  throw unrecognized(JSON.stringify(value), `json: cannot unmarshal ${actual} into Go value of type ${go}`, kind);
}

function decodeProtobuf(bytes: Buffer): JsonObject {
  try {
    return decodeKubernetesProtobuf(bytes);
  } catch (error) {
    throw new ApiError(415, 'UnsupportedMediaType', error instanceof Error ? error.message : String(error));
  }
}
