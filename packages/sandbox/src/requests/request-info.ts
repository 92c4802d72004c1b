/** What a request is about, read from its method and path alone (authorization needs it before anything is looked up). */
export type RequestInfo = ResourceRequest | PathRequest;

export interface ResourceRequest {
  isResource: true;
  verb: Verb;
  path: string;
  group: string;
  version: string;
  /** '' when the path names none: cluster scope, or a list across namespaces. */
  namespace: string;
  plural: string;
  /** '' for a collection. */
  name: string;
  subresource: string;
}

interface PathRequest {
  isResource: false;
  /** The HTTP method in lower case, as rules for paths spell it. */
  verb: string;
  path: string;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Subresources of a Namespace, which look like resources inside it. */
const namespaceSubresources = new Set(['status', 'finalize']);

/** Reads method and URL; throws URIError when a path segment is not valid percent encoding. */
export function requestInfo(method: string, url: URL): RequestInfo {
  const path = url.pathname;
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent);
  const isCore = segments[0] === 'api';
  const rest = segments.slice(isCore ? 2 : 3);
  if ((!isCore && segments[0] !== 'apis') || rest.length === 0) {
    return { isResource: false, verb: method.toLowerCase(), path };
  }
  const group = isCore ? '' : (segments[1] ?? '');
  const version = (isCore ? segments[1] : segments[2]) ?? '';
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !namespaceSubresources.has(rest[2] ?? '');
  const [plural = '', name = '', ...more] = inNamespace ? rest.slice(2) : rest;
  // A request for a Namespace itself is checked within that namespace, so that a Role may grant it.
  const namespace = inNamespace ? (rest[1] ?? '') : group === '' && plural === 'namespaces' ? name : '';
  const isWatch = ['true', '1'].includes(url.searchParams.get('watch') ?? '');
  return {
    isResource: true,
    verb: verbOf(method, name !== '', isWatch),
    path,
    group,
    version,
    namespace,
    plural,
    name,
    subresource: more.join('/'),
  };
}

function verbOf(method: string, named: boolean, isWatch: boolean): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      if (isWatch) return 'watch';
      return named ? 'get' : 'list';
  }
}
