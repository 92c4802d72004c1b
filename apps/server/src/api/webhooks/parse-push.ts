import type { RepositoryPush } from '../../redis/event-stream.ts';

/** Who sent a webhook, by the headers each provider sets. */
export type Provider = 'azuredevops' | 'gogs' | 'github' | 'gitlab' | 'bitbucket' | 'bitbucketserver';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Gitea and Forgejo send GitHub's header as well, so theirs is looked for first. */
export function providerOf(headers: Headers): Provider | undefined {
  if (headers['x-vss-activityid'] !== undefined) return 'azuredevops';
  if (headers['x-gogs-event'] !== undefined || headers['x-gitea-event'] !== undefined) return 'gogs';
  if (headers['x-github-event'] !== undefined) return 'github';
  if (headers['x-gitlab-event'] !== undefined) return 'gitlab';
  if (headers['x-hook-uuid'] !== undefined) return 'bitbucket';
  if (headers['x-event-key'] !== undefined) return 'bitbucketserver';
  return undefined;
}

/**
 * The pushes a webhook body tells of. Bodies come from strangers: whatever is missing or of another type is as if it were
 * not there, and a body without a repository tells of nothing.
 */
export function parsePush(provider: Provider, body: unknown): RepositoryPush[] {
  const root = new Reader(body);
  switch (provider) {
    case 'github':
    case 'gogs': {
      const repository = root.at('repository');
      return pushOf(
        [repository.text('html_url'), repository.text('clone_url'), repository.text('ssh_url'), repository.text('url')],
        [{ ref: root.text('ref'), before: root.text('before'), after: root.text('after') }],
        repository.text('default_branch'),
      );
    }
    case 'gitlab': {
      const project = root.at('project');
      return pushOf(
        [project.text('web_url'), project.text('git_http_url'), project.text('git_ssh_url')],
        [{ ref: root.text('ref'), before: root.text('before'), after: root.text('after') }],
        project.text('default_branch'),
      );
    }
    case 'bitbucket':
      return pushOf(
        [root.at('repository').at('links').at('html').text('href')],
        root
          .at('push')
          .list('changes')
          .map((change) => {
            const next = change.at('new');
            const name = next.text('name') ?? change.at('old').text('name');
            const kind = (next.text('type') ?? change.at('old').text('type')) === 'tag' ? 'tags' : 'heads';
            return {
              ref: name === undefined ? undefined : `refs/${kind}/${name}`,
              before: change.at('old').at('target').text('hash'),
              after: next.at('target').text('hash'),
            };
          }),
        root.at('repository').at('mainbranch').text('name'),
      );
    case 'bitbucketserver':
      return pushOf(
        root
          .at('repository')
          .at('links')
          .list('clone')
          .map((link) => link.text('href')),
        root.list('changes').map((change) => ({
          ref: change.at('ref').text('id') ?? change.text('refId'),
          before: change.text('fromHash'),
          after: change.text('toHash'),
        })),
        undefined,
      );
    case 'azuredevops': {
      const resource = root.at('resource');
      return pushOf(
        [resource.at('repository').text('remoteUrl'), resource.at('repository').text('webUrl')],
        resource.list('refUpdates').map((update) => ({
          ref: update.text('name'),
          before: update.text('oldObjectId'),
          after: update.text('newObjectId'),
        })),
        resource
          .at('repository')
          .text('defaultBranch')
          ?.replace(/^refs\/heads\//, ''),
      );
    }
  }
}

interface Update {
  ref: string | undefined;
  before: string | undefined;
  after: string | undefined;
}

function pushOf(
  addresses: (string | undefined)[],
  updates: Update[],
  defaultBranch: string | undefined,
): RepositoryPush[] {
  const urls = [...new Set(addresses.filter((url): url is string => url !== undefined && url !== ''))];
  if (urls.length === 0) return [];
  const pushes = updates.filter(({ ref }) => ref !== undefined && ref !== '');
  // A provider that does not say what moved still says that something did.
  return (pushes.length === 0 ? [{ ref: undefined, before: undefined, after: undefined }] : pushes).map(
    ({ ref, before, after }) => ({
      urls,
      ...(ref === undefined ? {} : { ref }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(defaultBranch === undefined ? {} : { defaultBranch }),
    }),
  );
}

/** Walks unknown JSON without ever throwing. */
class Reader {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  at(key: string): Reader {
    const value = this.#value;
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return new Reader(isObject ? (value as Record<string, unknown>)[key] : undefined);
  }

  text(key: string): string | undefined {
    const value = this.at(key).#value;
    return typeof value === 'string' && value.length <= 2_048 ? value : undefined;
  }

  list(key: string): Reader[] {
    const value = this.at(key).#value;
    return Array.isArray(value) ? value.slice(0, 1_000).map((item) => new Reader(item)) : [];
  }
}
