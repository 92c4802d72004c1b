import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Provider } from './parse-push.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whether a webhook proves that it knows the secret of its provider in `argocd-secret`. Where no secret is set anybody
 * may send one: all it can do is make us look at a repository again.
 */
export function isAuthentic(
  provider: Provider,
  headers: Headers,
  body: Buffer,
  secret: Readonly<Record<string, string>>,
): boolean {
  const header = (name: string): string => {
    const value = headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? '';
  };
  const signed = (key: string, signature: string, algorithm: 'sha1' | 'sha256'): boolean => {
    const expected = secret[key];
    return (
      expected === undefined ||
      expected === '' ||
      equals(signature, createHmac(algorithm, expected).update(body).digest('hex'))
    );
  };
  const known = (key: string, presented: string): boolean => {
    const expected = secret[key];
    return expected === undefined || expected === '' || equals(presented, expected);
  };
  switch (provider) {
    case 'github': {
      const strong = header('x-hub-signature-256');
      return strong !== ''
        ? signed('webhook.github.secret', strong.replace(/^sha256=/, ''), 'sha256')
        : signed('webhook.github.secret', header('x-hub-signature').replace(/^sha1=/, ''), 'sha1');
    }
    case 'gogs':
      return signed('webhook.gogs.secret', header('x-gogs-signature') || header('x-gitea-signature'), 'sha256');
    case 'gitlab':
      return known('webhook.gitlab.secret', header('x-gitlab-token'));
    case 'bitbucket':
      return known('webhook.bitbucket.uuid', header('x-hook-uuid').replace(/^\{(.*)\}$/, '$1'));
    case 'bitbucketserver':
      return signed('webhook.bitbucketserver.secret', header('x-hub-signature').replace(/^sha256=/, ''), 'sha256');
    case 'azuredevops': {
      const user = secret['webhook.azuredevops.username'] ?? '';
      const password = secret['webhook.azuredevops.password'] ?? '';
      if (user === '' && password === '') return true;
      const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      return equals(header('authorization'), expected);
    }
  }
}

/** Hashed first, so that neither time nor an early end tells how much was right. */
function equals(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
