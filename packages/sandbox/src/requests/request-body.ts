import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { ApiError, badRequest, unsupportedMediaType } from '../api-error.ts';
import { isObject, type JsonObject } from '../json.ts';
import { decodeKubernetesProtobuf } from '../protobuf/index.ts';

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
export function parseObject({ mediaType, bytes }: RequestBody): JsonObject {
  switch (mediaType) {
    case 'application/vnd.kubernetes.protobuf':
      return decodeProtobuf(bytes);
    case '':
    case 'application/json':
      return asObject(parseJson(bytes));
    case 'application/yaml':
      return asObject(parseYaml(bytes));
    default:
      throw unsupportedMediaType(objectMediaTypes);
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
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

export function asObject(value: unknown): JsonObject {
  if (!isObject(value)) throw badRequest("couldn't get version/kind; json parse error: the body must be one object");
  return value;
}

function decodeProtobuf(bytes: Buffer): JsonObject {
  try {
    return decodeKubernetesProtobuf(bytes);
  } catch (error) {
    throw new ApiError(415, 'UnsupportedMediaType', error instanceof Error ? error.message : String(error));
  }
}
