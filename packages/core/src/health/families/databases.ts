import { messageOf } from '../condition-health.ts';
import { conditionOf, fieldsOf, isSpecUnobserved, listOf, numberOf, specOf, statusOf, textOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, missing, progressing, suspended, unknown } from '../health.ts';
import { healthOfWord } from '../words.ts';
import {
  byConditions,
  byFlag,
  byPhase,
  firstOf,
  forKinds,
  type HealthChecks,
  unlessPaused,
  worstFirst,
} from './family.ts';

/** Elastic's operators report a phase, and the cluster's own traffic light. */
const elastic: HealthCheck = (object) => {
  const status = statusOf(object);
  if (object['status'] === undefined) return undefined;
  const phase = textOf(status['phase']);
  if (phase !== '' && phase !== 'Ready' && phase !== 'Operational') {
    return { status: healthOfWord(phase) ?? 'Progressing', message: `${object.kind} phase is ${phase}` };
  }
  if (phase === '' && textOf(status['health']) === '') return unknown(`${object.kind} does not report its health`);
  const wanted = listOf(specOf(object)['nodeSets']).reduce<number>(
    (sum, nodeSet) => sum + numberOf(fieldsOf(nodeSet)['count']),
    0,
  );
  const available = numberOf(status['availableNodes']);
  if (wanted > available) return progressing(`${available} of ${wanted} nodes are available`);
  switch (status['health']) {
    case 'green':
      return healthy(`${object.kind} is green`);
    case 'yellow':
      return progressing(`${object.kind} is yellow. Check its indices, replicas and shards`);
    case 'red':
      return degraded(`${object.kind} is red. Check its indices, replicas and shards`);
    default:
      return unknown(`${object.kind} does not report its health`);
  }
};

const percona = (words: Parameters<typeof byPhase>[0]): HealthCheck => {
  const byState = byPhase(words);
  return (object) => {
    if (object['status'] === undefined) return undefined;
    return byState(object) ?? unknown('The cluster does not report a known state');
  };
};

/** CloudNativePG sums up in a sentence; Ready is the machine-readable part. */
const cloudNativePg: HealthCheck = (object) => {
  const status = statusOf(object);
  const isHibernated = conditionOf(status, 'cnpg.io/hibernation')?.status === 'True';
  if (isHibernated || object.metadata.annotations?.['cnpg.io/hibernation'] === 'on') {
    return suspended('Cluster is hibernated');
  }
  const phase = textOf(status['phase']);
  if (/unrecoverable|cannot|failed|error|unable/i.test(phase)) return degraded(phase);
  if (phase === 'Cluster in healthy state') return healthy(phase);
  if (phase === 'Waiting for user action') return suspended(textOf(status['phaseReason']) || phase);
  const ready = conditionOf(status, 'Ready');
  if (phase === '' && ready !== undefined)
    return ready.status === 'True' ? healthy(messageOf(ready)) : progressing(messageOf(ready));
  return phase === '' ? undefined : progressing(phase);
};

/** The objects inside a cluster say whether they were applied; a backup runs and ends. */
const cloudNativePgPart = firstOf(
  byPhase({ words: { running: 'Progressing', started: 'Progressing' } }),
  byFlag('applied'),
  byConditions(),
);

const scheduledBackup: HealthCheck = unlessPaused('suspend', (object) =>
  object['status'] === undefined ? undefined : healthy(),
);

const pooler: HealthCheck = (object) => {
  const status = statusOf(object);
  if (typeof status['instances'] !== 'number') return undefined;
  const wanted = numberOf(specOf(object)['instances'], 1);
  return status['instances'] < wanted
    ? progressing(`${status['instances']} of ${wanted} instances are running`)
    : healthy();
};

/** A job of MariaDB's operator says Complete either way; the reason tells how it ended. */
const mariaDb: HealthCheck = (object) => {
  const complete = conditionOf(statusOf(object), 'Complete');
  if (complete !== undefined && healthOfWord(complete.reason) === 'Degraded') return degraded(messageOf(complete));
  return byConditions({ ready: ['Ready', 'Complete', 'Updated'], whenFalse: 'by reason' })(object);
};

/** The words MinIO's operator uses for a tenant that needs somebody; any other sentence tells what it is doing. */
const MINIO_TROUBLE =
  /not controlled|already exists|not set properly|different versions|not allowed|failed|not licensed|invalid/i;

const minioTenant: HealthCheck = (object) => {
  const state = textOf(statusOf(object)['currentState']);
  if (state === '') return undefined;
  if (state === 'Initialized') return healthy(state);
  return MINIO_TROUBLE.test(state) ? degraded(state) : progressing(state);
};

const humio: HealthCheck = (object) => {
  const state = textOf(statusOf(object)['state']);
  if (state === 'NotFound') return missing('Component state: NotFound.');
  return byPhase({ at: ['state'], words: { Exists: 'Healthy', Unknown: 'Unknown' } })(object);
};

/** RabbitMQ's topology objects report Ready, or nothing as long as nobody tried. */
const rabbitTopology: HealthCheck = (object) => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing('Waiting for the change to be observed');
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined) return object['status'] === undefined ? undefined : unknown('No status is reported');
  return ready.status === 'True' ? healthy(messageOf(ready)) : degraded(messageOf(ready));
};

const atlas = byConditions({
  ready: ['Ready'],
  whenFalse: 'Degraded',
  busyReasons: ['Reconciling', 'VerifyingFirstRun'],
});

export const databaseChecks: HealthChecks = {
  '*.k8s.elastic.co/*': elastic,
  'stackconfigpolicy.k8s.elastic.co/StackConfigPolicy': byPhase(),
  'acid.zalan.do/postgresql': byPhase({ at: ['PostgresClusterStatus', 'status'] }),
  'postgresql.cnpg.io/Cluster': cloudNativePg,
  'postgresql.cnpg.io/ScheduledBackup': scheduledBackup,
  'postgresql.cnpg.io/Pooler': pooler,
  'postgresql.cnpg.io/*': cloudNativePgPart,
  'psmdb.percona.com/*': percona({ at: ['state'], words: { stopping: 'Progressing', paused: 'Suspended' } }),
  'pxc.percona.com/*': percona({ at: ['state'], words: { stopping: 'Degraded', paused: 'Unknown' } }),
  'ps.percona.com/*': percona({ at: ['state'] }),
  'pgv2.percona.com/*': percona({ at: ['state'] }),
  'k8s.mariadb.com/*': mariaDb,
  'mariadb.mmontes.io/*': mariaDb,
  'mongodbcommunity.mongodb.com/*': byPhase(),
  'mongodb.com/*': byPhase(),
  'clickhouse.altinity.com/ClickHouseInstallation': byPhase({ at: ['status'], words: { Aborted: 'Degraded' } }),
  'clickhouse-keeper.altinity.com/*': byPhase({ at: ['status'] }),
  'cassandra.datastax.com/*': byConditions({
    ready: ['Ready'],
    busy: ['Updating', 'RollingRestart', 'ScalingUp'],
    whenFalse: 'Progressing',
  }),
  'databases.spotahome.com/*': firstOf(byPhase(), byConditions()),
  'redis.redis.opstreelabs.in/*': firstOf(byPhase(), byConditions()),
  'db.atlasgo.io/*': atlas,
  'minio.min.io/Tenant': minioTenant,
  ...forKinds(
    'core.humio.com',
    ['HumioAction', 'HumioCluster', 'HumioIngestToken', 'HumioParser', 'HumioRepository', 'HumioView'],
    humio,
  ),
  'core.humio.com/*': humio,
  'rabbitmq.com/RabbitmqCluster': byConditions({
    ready: ['AllReplicasReady', 'ClusterAvailable', 'ReconcileSuccess'],
    whenFalse: 'by reason',
    busyReasons: ['NotAllPodsReady', 'NoEndpointsAvailable', 'Initialising'],
  }),
  'rabbitmq.com/*': rabbitTopology,
  'infinispan.org/*': worstFirst(byConditions({ ready: ['WellFormed'], whenFalse: 'Progressing' }), byConditions()),
  'druid.apache.org/*': firstOf(byConditions({ ready: ['DruidClusterReady'] }), byPhase()),
  'opensearch.opster.io/*': byPhase(),
  'starrocks.com/*': byPhase(),
  'k8s.mariadb.com/MariaDB': mariaDb,
};
