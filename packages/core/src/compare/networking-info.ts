import { type Fields, fieldsOf, listOf, numberOf, specOf, statusOf, textOf } from '../health/fields.ts';
import { ANNOTATION_IGNORE_DEFAULT_LINKS, ANNOTATION_PREFIX_LINK } from '../kubernetes/annotations.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';

/** What a node says about traffic, in Argo CD's JSON shape. */
export interface NetworkingInfo {
  targetLabels?: Record<string, string>;
  targetRefs?: { group: string; kind: string; namespace: string; name: string }[];
  labels?: Record<string, string>;
  ingress?: { ip?: string; hostname?: string }[];
  /** Only http and https addresses, each once, sorted. A title may come first: `title|url`. */
  externalURLs?: string[];
}

/** The networking facts of an object, or undefined when it has none. */
export function networkingInfoOf(object: KubernetesObject): NetworkingInfo | undefined {
  const { group } = groupVersionOf(object.apiVersion);
  const info = byKind(object, group);
  const links = annotatedLinks(object);
  if (links.length > 0) info.externalURLs = unique([...(info.externalURLs ?? []), ...links]);
  return Object.keys(info).length === 0 ? undefined : info;
}

function byKind(object: KubernetesObject, group: string): NetworkingInfo {
  switch (`${group}/${object.kind}`) {
    case '/Pod':
      return object.metadata.labels === undefined ? {} : { labels: object.metadata.labels };
    case '/Service':
      return serviceInfo(object);
    case 'extensions/Ingress':
    case 'networking.k8s.io/Ingress':
      return ingressInfo(object);
    case 'networking.istio.io/VirtualService':
      return virtualServiceInfo(object);
    case 'networking.istio.io/ServiceEntry':
      return serviceEntryInfo(object);
    case 'gateway.networking.k8s.io/Gateway':
      return gatewayInfo(object);
    case 'gateway.networking.k8s.io/HTTPRoute':
    case 'gateway.networking.k8s.io/GRPCRoute':
    case 'gateway.networking.k8s.io/TCPRoute':
    case 'gateway.networking.k8s.io/TLSRoute':
    case 'gateway.networking.k8s.io/UDPRoute':
      return routeInfo(object);
    default:
      return {};
  }
}

function serviceInfo(object: KubernetesObject): NetworkingInfo {
  const info: NetworkingInfo = {};
  const selector = labelsOf(specOf(object)['selector']);
  if (selector !== undefined) info.targetLabels = selector;
  const ingress = addressesOf(object);
  if (ingress.length > 0) info.ingress = ingress;
  return info;
}

function addressesOf(object: KubernetesObject): { ip?: string; hostname?: string }[] {
  return listOf(fieldsOf(statusOf(object)['loadBalancer'])['ingress']).map((entry) => {
    const { ip, hostname } = fieldsOf(entry);
    return {
      ...(typeof ip === 'string' && ip !== '' ? { ip } : {}),
      ...(typeof hostname === 'string' && hostname !== '' ? { hostname } : {}),
    };
  });
}

type TargetRef = { group: string; kind: string; namespace: string; name: string };

function ingressInfo(object: KubernetesObject): NetworkingInfo {
  const spec = specOf(object);
  const namespace = object.metadata.namespace ?? '';
  const refs = new Map<string, TargetRef>();
  const add = (backend: unknown): void => {
    const fields = fieldsOf(backend);
    const name = textOf(fieldsOf(fields['service'])['name']) || textOf(fields['serviceName']);
    if (name !== '') refs.set(name, { group: '', kind: 'Service', namespace, name });
  };
  add(spec['defaultBackend'] ?? spec['backend']);
  const addresses = addressesOf(object);
  const urls: string[] = [];
  for (const rule of listOf(spec['rules']).map(fieldsOf)) {
    const host = textOf(rule['host']);
    const hosts = host === '' ? addresses.map(({ hostname, ip }) => hostname ?? ip ?? '').filter(Boolean) : [host];
    const paths = listOf(fieldsOf(rule['http'])['paths']).map(fieldsOf);
    for (const path of paths) add(path['backend']);
    const scheme = hasTls(spec, host) ? 'https' : 'http';
    for (const one of hosts) {
      if (paths.length === 0) urls.push(`${scheme}://${one}`);
      for (const path of paths) urls.push(`${scheme}://${one}${pathOf(textOf(path['path']))}`);
    }
  }
  const info: NetworkingInfo = {};
  if (refs.size > 0) info.targetRefs = [...refs.values()];
  if (addresses.length > 0) info.ingress = addresses;
  if (urls.length > 0 && !ignoresDefaultLinks(object)) info.externalURLs = unique(urls);
  return info;
}

function hasTls(spec: Fields, host: string): boolean {
  return listOf(spec['tls'])
    .map(fieldsOf)
    .some((tls) => {
      const hosts = listOf(tls['hosts']);
      return hosts.length === 0 ? host === '' : hosts.includes(host);
    });
}

/** Controllers accept `/*` for a prefix; as a link the star is only in the way. */
function pathOf(path: string): string {
  const plain = path.endsWith('*') ? path.slice(0, -1) : path;
  return plain === '/' ? '' : plain;
}

function virtualServiceInfo(object: KubernetesObject): NetworkingInfo {
  const own = object.metadata.namespace ?? '';
  const refs = new Map<string, TargetRef>();
  for (const protocol of ['http', 'tls', 'tcp']) {
    for (const rule of listOf(specOf(object)[protocol]).map(fieldsOf)) {
      for (const route of listOf(rule['route']).map(fieldsOf)) {
        const [name = '', namespace = own] = textOf(fieldsOf(route['destination'])['host']).split('.');
        if (name !== '') refs.set(`${namespace}/${name}`, { group: '', kind: 'Service', namespace, name });
      }
    }
  }
  return refs.size === 0 ? {} : { targetRefs: [...refs.values()] };
}

function serviceEntryInfo(object: KubernetesObject): NetworkingInfo {
  const labels = labelsOf(fieldsOf(specOf(object)['workloadSelector'])['labels']);
  return labels === undefined ? {} : { targetLabels: labels };
}

function gatewayInfo(object: KubernetesObject): NetworkingInfo {
  const addresses = listOf(statusOf(object)['addresses']).map(fieldsOf);
  const info: NetworkingInfo = {};
  if (addresses.length > 0) {
    info.ingress = addresses.map((address) =>
      address['type'] === 'Hostname' ? { hostname: textOf(address['value']) } : { ip: textOf(address['value']) },
    );
  }
  if (ignoresDefaultLinks(object)) return info;
  const urls: string[] = [];
  for (const listener of listOf(specOf(object)['listeners']).map(fieldsOf)) {
    const protocol = textOf(listener['protocol']);
    if (protocol !== 'HTTP' && protocol !== 'HTTPS') continue;
    const scheme = protocol === 'HTTPS' ? 'https' : 'http';
    const port = numberOf(listener['port']);
    const suffix = port === 0 || port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`;
    const host = textOf(listener['hostname']);
    const hosts = host === '' || host.startsWith('*') ? addresses.map(({ value }) => textOf(value)) : [host];
    for (const one of hosts) if (one !== '') urls.push(`${scheme}://${one}${suffix}`);
  }
  if (urls.length > 0) info.externalURLs = unique(urls);
  return info;
}

function routeInfo(object: KubernetesObject): NetworkingInfo {
  const own = object.metadata.namespace ?? '';
  const refs = new Map<string, TargetRef>();
  const add = (value: unknown, defaults: { group: string; kind: string }): void => {
    const fields = fieldsOf(value);
    const name = textOf(fields['name']);
    if (name === '') return;
    const group = typeof fields['group'] === 'string' ? fields['group'] : defaults.group;
    const kind = textOf(fields['kind']) || defaults.kind;
    const namespace = textOf(fields['namespace']) || own;
    refs.set(`${group}/${kind}/${namespace}/${name}`, { group, kind, namespace, name });
  };
  for (const parent of listOf(specOf(object)['parentRefs'])) {
    add(parent, { group: 'gateway.networking.k8s.io', kind: 'Gateway' });
  }
  for (const rule of listOf(specOf(object)['rules']).map(fieldsOf)) {
    for (const backend of listOf(rule['backendRefs'])) add(backend, { group: '', kind: 'Service' });
  }
  return refs.size === 0 ? {} : { targetRefs: [...refs.values()] };
}

function ignoresDefaultLinks(object: KubernetesObject): boolean {
  return object.metadata.annotations?.[ANNOTATION_IGNORE_DEFAULT_LINKS] === 'true';
}

/** `link.argocd.argoproj.io/<any>`: whoever can write the object chooses the text, so anything but http(s) is dropped. */
function annotatedLinks(object: KubernetesObject): string[] {
  const links: string[] = [];
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {})) {
    if (!key.startsWith(ANNOTATION_PREFIX_LINK) || typeof value !== 'string') continue;
    const bar = value.indexOf('|');
    const title = bar < 0 ? '' : value.slice(0, bar).trim();
    const url = safeUrl(value.slice(bar + 1).trim());
    if (url !== undefined) links.push(title === '' ? url : `${title}|${url}`);
  }
  return links;
}

function safeUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^\s"'<>\\]+$/i.test(text)) return undefined;
  return text;
}

function labelsOf(value: unknown): Record<string, string> | undefined {
  const labels = fieldsOf(value);
  return Object.keys(labels).length === 0 ? undefined : (labels as Record<string, string>);
}

/** Host names come from whoever writes the object: what does not make a clean address is dropped. */
function unique(urls: readonly string[]): string[] {
  const clean = urls.filter((url) => safeUrl(url.slice(url.indexOf('|') + 1)) !== undefined);
  return [...new Set(clean)].sort();
}
