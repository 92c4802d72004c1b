import Type, { type Static } from 'typebox';
import { anyJson, int64, labelSelector, openObject, stringMap, strings } from './schema.ts';

/**
 * The generators of an ApplicationSet. Known fields have the types of Argo CD's definition; the block of a provider
 * (`github`, `gitlab` …) and a template override keep fields it does not know as well, because providers gain fields
 * with every release and a set written for a newer one must not lose them.
 */

const secretRef = Type.Object({ secretName: Type.String(), key: Type.String() });
const configMapKeyRef = Type.Object({ configMapName: Type.String(), key: Type.String() });
const basicAuth = Type.Object({ username: Type.String(), passwordRef: secretRef });
const bearerToken = Type.Object({ tokenRef: secretRef });

const text = Type.Optional(Type.String());
const flag = Type.Optional(Type.Boolean());
const values = Type.Optional(stringMap());
const requeueAfterSeconds = Type.Optional(int64());

/** The metadata a generated application gets. */
export const TemplateMetadataSchema = Type.Object({
  name: text,
  namespace: text,
  labels: Type.Optional(stringMap()),
  annotations: Type.Optional(stringMap()),
  finalizers: Type.Optional(strings()),
});

/** What a generator lays over the set's template; it may leave out anything, so its fields are not checked here. */
const template = Type.Optional(
  openObject<{ metadata?: Static<typeof TemplateMetadataSchema>; spec?: Record<string, unknown> }>(),
);

/** Fields of one provider; unknown ones are kept. */
const provider = { 'x-kubernetes-preserve-unknown-fields': true };

const ScmProviderSchema = Type.Object({
  github: Type.Optional(
    Type.Object(
      {
        organization: Type.String(),
        api: text,
        tokenRef: Type.Optional(secretRef),
        appSecretName: text,
        allBranches: flag,
        excludeArchivedRepos: flag,
      },
      provider,
    ),
  ),
  gitlab: Type.Optional(
    Type.Object(
      {
        group: Type.String(),
        api: text,
        tokenRef: Type.Optional(secretRef),
        includeSubgroups: flag,
        includeSharedProjects: flag,
        includeArchivedRepos: flag,
        allBranches: flag,
        topic: text,
        insecure: flag,
        caRef: Type.Optional(configMapKeyRef),
      },
      provider,
    ),
  ),
  gitea: Type.Optional(
    Type.Object(
      {
        owner: Type.String(),
        api: Type.String(),
        tokenRef: Type.Optional(secretRef),
        allBranches: flag,
        insecure: flag,
        excludeArchivedRepos: flag,
      },
      provider,
    ),
  ),
  bitbucketServer: Type.Optional(
    Type.Object(
      {
        project: Type.String(),
        api: Type.String(),
        basicAuth: Type.Optional(basicAuth),
        bearerToken: Type.Optional(bearerToken),
        allBranches: flag,
        insecure: flag,
        caRef: Type.Optional(configMapKeyRef),
      },
      provider,
    ),
  ),
  bitbucket: Type.Optional(
    Type.Object(
      {
        owner: Type.String(),
        user: text,
        appPasswordRef: Type.Optional(secretRef),
        bearerToken: Type.Optional(bearerToken),
        allBranches: flag,
      },
      provider,
    ),
  ),
  azureDevOps: Type.Optional(
    Type.Object(
      {
        organization: Type.String(),
        teamProject: Type.String(),
        api: text,
        accessTokenRef: secretRef,
        allBranches: flag,
      },
      provider,
    ),
  ),
  awsCodeCommit: Type.Optional(
    Type.Object(
      {
        region: text,
        role: text,
        tagFilters: Type.Optional(Type.Array(Type.Object({ key: Type.String(), value: text }))),
        allBranches: flag,
      },
      provider,
    ),
  ),
  filters: Type.Optional(
    Type.Array(
      Type.Object({
        repositoryMatch: text,
        pathsExist: Type.Optional(strings()),
        pathsDoNotExist: Type.Optional(strings()),
        labelMatch: text,
        branchMatch: text,
      }),
    ),
  ),
  cloneProtocol: text,
  values,
  requeueAfterSeconds,
  template,
});

const PullRequestSchema = Type.Object({
  github: Type.Optional(
    Type.Object(
      {
        owner: Type.String(),
        repo: Type.String(),
        api: text,
        tokenRef: Type.Optional(secretRef),
        appSecretName: text,
        labels: Type.Optional(strings()),
      },
      provider,
    ),
  ),
  gitlab: Type.Optional(
    Type.Object(
      {
        project: Type.String(),
        api: text,
        tokenRef: Type.Optional(secretRef),
        labels: Type.Optional(strings()),
        pullRequestState: text,
        insecure: flag,
        caRef: Type.Optional(configMapKeyRef),
      },
      provider,
    ),
  ),
  gitea: Type.Optional(
    Type.Object(
      {
        owner: Type.String(),
        repo: Type.String(),
        api: Type.String(),
        tokenRef: Type.Optional(secretRef),
        insecure: flag,
        labels: Type.Optional(strings()),
      },
      provider,
    ),
  ),
  bitbucketServer: Type.Optional(
    Type.Object(
      {
        project: Type.String(),
        repo: Type.String(),
        api: Type.String(),
        basicAuth: Type.Optional(basicAuth),
        bearerToken: Type.Optional(bearerToken),
        insecure: flag,
        caRef: Type.Optional(configMapKeyRef),
      },
      provider,
    ),
  ),
  bitbucket: Type.Optional(
    Type.Object(
      {
        owner: Type.String(),
        repo: Type.String(),
        api: text,
        basicAuth: Type.Optional(basicAuth),
        bearerToken: Type.Optional(bearerToken),
      },
      provider,
    ),
  ),
  azuredevops: Type.Optional(
    Type.Object(
      {
        organization: Type.String(),
        project: Type.String(),
        repo: Type.String(),
        api: text,
        tokenRef: Type.Optional(secretRef),
        labels: Type.Optional(strings()),
      },
      provider,
    ),
  ),
  filters: Type.Optional(Type.Array(Type.Object({ branchMatch: text, targetBranchMatch: text, titleMatch: text }))),
  continueOnRepoNotFoundError: flag,
  values,
  requeueAfterSeconds,
  template,
});

const pathFilter = Type.Object({ path: Type.String(), exclude: flag });

/** Generators that stand alone, and the post selector that each may carry. */
const leafGenerators = {
  list: Type.Optional(
    Type.Object({
      elements: Type.Optional(Type.Array(anyJson<Record<string, unknown>>())),
      elementsYaml: text,
      template,
    }),
  ),
  clusters: Type.Optional(Type.Object({ selector: Type.Optional(labelSelector()), values, flatList: flag, template })),
  git: Type.Optional(
    Type.Object({
      repoURL: Type.String(),
      revision: text,
      directories: Type.Optional(Type.Array(pathFilter)),
      files: Type.Optional(Type.Array(pathFilter)),
      pathParamPrefix: text,
      values,
      requeueAfterSeconds,
      template,
    }),
  ),
  scmProvider: Type.Optional(ScmProviderSchema),
  pullRequest: Type.Optional(PullRequestSchema),
  clusterDecisionResource: Type.Optional(
    Type.Object({
      configMapRef: Type.String(),
      name: text,
      labelSelector: Type.Optional(labelSelector()),
      values,
      requeueAfterSeconds,
      template,
    }),
  ),
  plugin: Type.Optional(
    Type.Object({
      configMapRef: Type.Object({ name: Type.String() }),
      input: Type.Optional(Type.Object({ parameters: Type.Optional(openObject()) })),
      values,
      requeueAfterSeconds,
      template,
    }),
  ),
  selector: Type.Optional(labelSelector()),
};

/** A child of matrix or merge; those nested once more are left open, because a structural schema cannot recurse. */
const NestedGeneratorSchema = Type.Object({
  ...leafGenerators,
  matrix: Type.Optional(anyJson<Record<string, unknown>>()),
  merge: Type.Optional(anyJson<Record<string, unknown>>()),
});

/** One entry of `spec.generators`. */
export const GeneratorSchema = Type.Object({
  ...leafGenerators,
  matrix: Type.Optional(Type.Object({ generators: Type.Array(NestedGeneratorSchema), template })),
  merge: Type.Optional(Type.Object({ generators: Type.Array(NestedGeneratorSchema), mergeKeys: strings(), template })),
});

export type ApplicationSetGenerator = Static<typeof GeneratorSchema>;
