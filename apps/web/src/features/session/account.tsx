import { useQuery } from '@tanstack/react-query';
import classes from '../../components/page.module.css';
import { Fact, Facts, Page, QueryPanel, Tags } from '../../components/page.tsx';
import { sessionQueries } from './queries.ts';

/** Who is signed in, through whom, with which groups; and which server this is. */
export function Account() {
  const user = useQuery(sessionQueries.user());
  const version = useQuery(sessionQueries.version());
  return (
    <Page
      title="Your account"
      lead="Permissions follow from these groups. When something is denied, this is what to show to whoever manages access."
    >
      <QueryPanel query={user} what="your account">
        {(data) => (
          <>
            <section className={classes.section}>
              <h2>Signed in as</h2>
              <Facts>
                <Fact name="Name">{data.username}</Fact>
                <Fact name="Signed in through">
                  {data.iss === 'argocd' || data.iss === 'lockstep' ? 'A local account' : data.iss}
                </Fact>
                <Fact name="Groups">
                  <Tags values={data.groups} />
                </Fact>
              </Facts>
            </section>
            <section className={classes.section}>
              <h2>Server</h2>
              <Facts>
                <Fact name="Version">{version.data?.Version}</Fact>
                {version.data?.HelmVersion && <Fact name="Helm">{version.data.HelmVersion}</Fact>}
                {version.data?.KustomizeVersion && <Fact name="Kustomize">{version.data.KustomizeVersion}</Fact>}
                {version.data?.KubectlVersion && <Fact name="kubectl">{version.data.KubectlVersion}</Fact>}
              </Facts>
            </section>
          </>
        )}
      </QueryPanel>
    </Page>
  );
}
