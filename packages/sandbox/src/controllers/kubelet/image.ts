import { createHash } from 'node:crypto';

const unavailable = /does-not-exist|missing|invalid|nonexist/;

/** `nginx` → `docker.io/library/nginx:latest`, as a container runtime spells it. */
export function fullImageName(image: string): string {
  const [name = image, digest] = image.split('@');
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash);
  const repository = colon < 0 ? name : name.slice(0, colon);
  const suffix = digest !== undefined ? `@${digest}` : colon < 0 ? ':latest' : name.slice(colon);
  const first = repository.split('/')[0] ?? '';
  const hasHost = repository.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  if (hasHost) return `${repository}${suffix}`;
  return `docker.io/${repository.includes('/') ? '' : 'library/'}${repository}${suffix}`;
}

/** `docker.io/library/nginx@sha256:…`; the digest follows from the name. */
export function imageId(image: string): string {
  const [, digest] = image.split('@');
  const full = fullImageName(image).replace(/(@.*|:[^/:]*)$/, '');
  return `${full}@${digest ?? `sha256:${sha256(image)}`}`;
}

export function isImageUnavailable(image: string): boolean {
  return unavailable.test(image);
}

/** Whether the name can be an image reference at all. */
export function isImageNameValid(image: string): boolean {
  return (
    /^[a-z0-9][a-zA-Z0-9._/:@-]*$/i.test(image) &&
    !/[A-Z]/.test(image.split(/[:@]/)[0]?.split('/').slice(1).join('/') ?? '')
  );
}

export function imageSize(image: string): number {
  return 5_000_000 + (Number.parseInt(sha256(image).slice(0, 7), 16) % 180_000_000);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
