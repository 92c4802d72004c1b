import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { assessHealth } from '../assess-health.ts';

/** What operators report, one state per line: the health it means (`none`: it does not count), apiVersion, kind, status or object. */
const STATES = `
# cert-manager
Healthy cert-manager.io/v1 CertificateRequest {conditions: [{type: Approved, status: "True"}, {type: Ready, status: "True", reason: Issued}]}
Progressing cert-manager.io/v1 CertificateRequest {conditions: [{type: Approved, status: "True"}, {type: Ready, status: "False", reason: Pending}]}
Degraded cert-manager.io/v1 CertificateRequest {conditions: [{type: Ready, status: "False", reason: Failed}]}
Degraded cert-manager.io/v1 CertificateRequest {conditions: [{type: Denied, status: "True", reason: policy}, {type: Ready, status: "False", reason: Denied}]}
Progressing cert-manager.io/v1 Certificate {metadata: {generation: 2}, status: {conditions: [{type: Ready, status: "True", observedGeneration: 1}]}}
Progressing cert-manager.io/v1 Certificate {conditions: [{type: Ready, status: "False", reason: DoesNotExist}, {type: Issuing, status: "True", reason: DoesNotExist}]}
Healthy acme.cert-manager.io/v1 Order {state: valid}
Degraded acme.cert-manager.io/v1 Order {state: errored, reason: rate limited}
Degraded acme.cert-manager.io/v1 Challenge {state: invalid}
Progressing acme.cert-manager.io/v1 Challenge {state: pending, reason: Waiting for DNS-01 challenge propagation}
Progressing acme.cert-manager.io/v1 Order {state: processing}
# external secrets
Healthy external-secrets.io/v1 PushSecret {conditions: [{type: Ready, status: "True", reason: Synced}]}
Degraded external-secrets.io/v1 ClusterExternalSecret {conditions: [{type: Ready, status: "False", reason: "", message: "one or more namespaces failed"}]}
Healthy generators.external-secrets.io/v1alpha1 GeneratorState {conditions: [{type: Ready, status: "True"}]}
none generators.external-secrets.io/v1alpha1 Password {spec: {length: 8}}
Degraded bitnami.com/v1alpha1 SealedSecret {conditions: [{type: Synced, status: "False", message: no key could decrypt secret}]}
Progressing bitnami.com/v1alpha1 SealedSecret {metadata: {generation: 3}, status: {observedGeneration: 2, conditions: [{type: Synced, status: "True"}]}}
Healthy secrets.hashicorp.com/v1beta1 VaultAuth {valid: true}
Degraded secrets.hashicorp.com/v1beta1 VaultAuth {valid: false, error: InvalidConnection}
Healthy secrets.hashicorp.com/v1beta1 VaultStaticSecret {conditions: [{type: Ready, status: "True"}, {type: Synced, status: "True"}, {type: Healthy, status: "True"}]}
Degraded secrets.hashicorp.com/v1beta1 VaultStaticSecret {conditions: [{type: Healthy, status: "False", reason: VaultClientError, message: permission denied}, {type: Synced, status: "False", reason: Error}]}
# argo
Healthy argoproj.io/v1alpha1 Sensor {conditions: [{type: DependenciesProvided, status: "True"}, {type: Deployed, status: "True"}, {type: TriggersProvided, status: "True"}]}
Degraded argoproj.io/v1alpha1 EventSource {conditions: [{type: SourcesProvided, status: "True"}, {type: Deployed, status: "False", reason: DeployFailed}]}
Progressing argoproj.io/v1alpha1 Sensor {conditions: [{type: Deployed, status: Unknown}]}
Degraded argoproj.io/v1alpha1 CronWorkflow {conditions: [{type: SubmissionError, status: "True", message: bad}]}
Healthy argoproj.io/v1alpha1 CronWorkflow {lastScheduledTime: "2026-01-01T00:00:00Z"}
Healthy argoproj.io/v1alpha1 CronWorkflow {spec: {suspend: true}}
none argoproj.io/v1alpha1 WorkflowTemplate {spec: {templates: []}}
none argoproj.io/v1alpha1 AnalysisTemplate {spec: {metrics: []}}
none argoproj.io/v1alpha1 AppProject {spec: {}}
Progressing argoproj.io/v1alpha1 Experiment {phase: Running}
Degraded argoproj.io/v1alpha1 Experiment {phase: Failed}
Progressing argoproj.io/v1alpha1 Workflow {spec: {suspend: true}, status: {phase: Running}}
Progressing argoproj.io/v1alpha1 Rollout {metadata: {generation: 5}, status: {observedGeneration: "4", phase: Healthy}}
Healthy argoproj.io/v1alpha1 WorkflowEventBinding {conditions: [{type: Ready, status: "True"}]}
# crossplane
Degraded apiextensions.crossplane.io/v1 CompositeResourceDefinition {conditions: [{type: Established, status: "False", reason: Error}]}
Healthy apiextensions.crossplane.io/v1 CompositeResourceDefinition {conditions: [{type: Established, status: "True"}, {type: Offered, status: "True"}]}
Healthy kubernetes.crossplane.io/v1alpha2 Object {conditions: [{type: Ready, status: "True"}, {type: Synced, status: "True"}]}
Progressing sql.gcp.upbound.io/v1beta2 DatabaseInstance {conditions: [{type: Ready, status: "False", reason: Creating}, {type: Synced, status: "True", reason: ReconcileSuccess}, {type: LastAsyncOperation, status: "True", reason: Success}]}
Degraded sql.gcp.upbound.io/v1beta2 DatabaseInstance {conditions: [{type: Ready, status: "True"}, {type: LastAsyncOperation, status: "False", reason: AsyncUpdateFailure}]}
Degraded storage.azure.m.upbound.io/v1beta1 Account {conditions: [{type: Synced, status: "False", reason: ReconcileError}]}
Progressing pkg.crossplane.io/v1 Function {conditions: [{type: Installed, status: "True"}, {type: Healthy, status: Unknown}]}
Degraded pkg.crossplane.io/v1 Configuration {conditions: [{type: Installed, status: "True"}, {type: Healthy, status: "False", reason: UnhealthyPackageRevision}]}
Healthy pkg.crossplane.io/v1 ProviderRevision {conditions: [{type: RevisionHealthy, status: "True"}]}
Degraded pkg.crossplane.io/v1 ProviderRevision {conditions: [{type: RevisionHealthy, status: "False", reason: UnhealthyPackageRevision}]}
Healthy helm.crossplane.io/v1beta1 ProviderConfig {spec: {}, status: {users: 3}}
Degraded pkg.crossplane.io/v1 Function {conditions: [{type: Ready, status: "False", reason: Unavailable}, {type: Synced, status: "True"}, {type: Healthy, status: "False"}]}
# flux
Degraded helm.toolkit.fluxcd.io/v2 HelmRelease {conditions: [{type: Stalled, status: "True", reason: RetriesExceeded}, {type: Ready, status: "False", reason: InstallFailed}]}
Progressing helm.toolkit.fluxcd.io/v2 HelmRelease {metadata: {generation: 2}, status: {observedGeneration: 1, conditions: [{type: Ready, status: "True"}]}}
Progressing helm.toolkit.fluxcd.io/v2 HelmRelease {conditions: [{type: Ready, status: Unknown, reason: Progressing}, {type: Reconciling, status: "True"}]}
Suspended source.toolkit.fluxcd.io/v1 HelmRepository {spec: {suspend: true}, status: {conditions: [{type: Ready, status: "True"}]}}
none source.toolkit.fluxcd.io/v1 HelmRepository {spec: {type: oci}}
none notification.toolkit.fluxcd.io/v1beta3 Alert {spec: {}}
none notification.toolkit.fluxcd.io/v1beta3 Provider {spec: {}}
Healthy image.toolkit.fluxcd.io/v1 ImagePolicy {conditions: [{type: Ready, status: "True"}]}
Degraded kustomize.toolkit.fluxcd.io/v1 Kustomization {conditions: [{type: Ready, status: "False", reason: HealthCheckFailed}, {type: Healthy, status: "False"}]}
Healthy flagger.app/v1beta1 Canary {phase: Succeeded, conditions: [{type: Promoted, status: "True", reason: Succeeded}]}
Progressing flagger.app/v1beta1 Canary {phase: Progressing, conditions: [{type: Promoted, status: Unknown, reason: Progressing}]}
Degraded flagger.app/v1beta1 Canary {phase: Failed, conditions: [{type: Promoted, status: "False", reason: Failed}]}
Healthy flagger.app/v1beta1 Canary {phase: Initialized, conditions: [{type: Promoted, status: "True", reason: Initialized}]}
Healthy fluxcd.controlplane.io/v1 ResourceSet {conditions: [{type: Ready, status: "True", reason: ReconciliationSucceeded}]}
# istio
none networking.istio.io/v1 VirtualService {spec: {hosts: [a]}}
Healthy networking.istio.io/v1 VirtualService {conditions: [{type: Reconciled, status: "True"}]}
Degraded networking.istio.io/v1 DestinationRule {validationMessages: [{level: ERROR, type: {code: IST0101}}]}
Healthy sailoperator.io/v1 Istio {state: Healthy, conditions: [{type: Reconciled, status: "True"}, {type: Ready, status: "True"}]}
Degraded sailoperator.io/v1 IstioRevision {state: ReconcileError, conditions: [{type: Reconciled, status: "False", reason: ReconcileError}, {type: Ready, status: "False", reason: IstiodNotReady}]}
Progressing install.istio.io/v1alpha1 IstioOperator {status: {status: RECONCILING}}
Degraded install.istio.io/v1alpha1 IstioOperator {status: {status: ERROR}}
# knative
Healthy serving.knative.dev/v1 Revision {conditions: [{type: Ready, status: "True"}, {type: Active, status: "False", reason: NoTraffic, severity: Info}]}
Degraded serving.knative.dev/v1 Configuration {conditions: [{type: Ready, status: "False", reason: RevisionFailed}]}
Progressing eventing.knative.dev/v1 Broker {conditions: [{type: Ready, status: Unknown, reason: NewObservedGenFailure}]}
Healthy flows.knative.dev/v1 Sequence {conditions: [{type: Ready, status: "True"}]}
Degraded sources.knative.dev/v1 PingSource {conditions: [{type: Ready, status: "False", reason: SinkNotFound}]}
Healthy networking.internal.knative.dev/v1alpha1 Ingress {conditions: [{type: Ready, status: "True"}]}
# keda
none keda.sh/v1alpha1 ClusterTriggerAuthentication {spec: {}}
Healthy keda.sh/v1alpha1 ScaledObject {conditions: [{type: Ready, status: "True"}, {type: Active, status: "False"}, {type: Fallback, status: "False"}]}
Degraded keda.sh/v1alpha1 ScaledJob {conditions: [{type: Ready, status: "False", reason: ScaledJobCheckFailed}]}
# strimzi
Healthy kafka.strimzi.io/v1beta2 KafkaNodePool {observedGeneration: 1, nodeIds: [0], replicas: 3}
Degraded kafka.strimzi.io/v1beta2 KafkaTopic {conditions: [{type: Ready, status: "False", reason: NotSupported}]}
Healthy kafka.strimzi.io/v1beta2 KafkaConnector {conditions: [{type: Ready, status: "True"}]}
Progressing kafka.strimzi.io/v1beta2 Kafka {metadata: {generation: 4}, status: {observedGeneration: 3, conditions: [{type: Ready, status: "True"}]}}
Progressing kafka.strimzi.io/v1beta2 Kafka {conditions: [{type: NotReady, status: "True", reason: Creating, message: Kafka cluster is being deployed}]}
Healthy core.strimzi.io/v1beta2 StrimziPodSet {pods: 3, readyPods: 3, currentPods: 3}
Progressing kafka.strimzi.io/v1beta2 KafkaRebalance {conditions: [{type: Rebalancing, status: "True"}]}
Suspended kafka.strimzi.io/v1beta2 KafkaTopic {conditions: [{type: ReconciliationPaused, status: "True"}]}
# cnpg
Healthy postgresql.cnpg.io/v1 Backup {phase: completed}
Progressing postgresql.cnpg.io/v1 Backup {phase: running}
Degraded postgresql.cnpg.io/v1 Backup {phase: failed, error: no space}
Degraded postgresql.cnpg.io/v1 Backup {phase: walArchivingFailing}
Healthy postgresql.cnpg.io/v1 Database {applied: true, observedGeneration: 1}
Degraded postgresql.cnpg.io/v1 Database {applied: false, message: "role does not exist"}
Healthy postgresql.cnpg.io/v1 Publication {applied: true}
Suspended postgresql.cnpg.io/v1 ScheduledBackup {spec: {suspend: true}, status: {lastScheduleTime: "2026-01-01T00:00:00Z"}}
Healthy postgresql.cnpg.io/v1 ScheduledBackup {spec: {schedule: x}, status: {lastScheduleTime: "2026-01-01T00:00:00Z"}}
Healthy postgresql.cnpg.io/v1 Pooler {instances: 2, secrets: {}}
Progressing postgresql.cnpg.io/v1 Cluster {phase: Waiting for the instances to become active}
Suspended postgresql.cnpg.io/v1 Cluster {phase: Cluster in healthy state, conditions: [{type: cnpg.io/hibernation, status: "True", reason: Hibernated}]}
Progressing postgresql.cnpg.io/v1 Cluster {phase: Failing over}
Suspended postgresql.cnpg.io/v1 Cluster {phase: Waiting for user action}
# gateway
Healthy gateway.networking.k8s.io/v1 GatewayClass {conditions: [{type: Accepted, status: "True"}, {type: SupportedVersion, status: "True"}]}
Degraded gateway.networking.k8s.io/v1 Gateway {conditions: [{type: Accepted, status: "False", reason: ListenersNotValid}]}
Degraded gateway.networking.k8s.io/v1 Gateway {conditions: [{type: Accepted, status: "True"}, {type: Programmed, status: "False", reason: Invalid}]}
Degraded gateway.networking.k8s.io/v1 Gateway {conditions: [{type: Accepted, status: "True"}, {type: Programmed, status: "True"}], listeners: [{name: https, conditions: [{type: ResolvedRefs, status: "False", reason: InvalidCertificateRef}]}]}
Healthy gateway.networking.k8s.io/v1alpha2 TCPRoute {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "True"}, {type: ResolvedRefs, status: "True"}]}]}
none gateway.networking.k8s.io/v1beta1 ReferenceGrant {spec: {}}
Healthy gateway.networking.x-k8s.io/v1alpha1 XListenerSet {conditions: [{type: Accepted, status: "True"}, {type: Programmed, status: "True"}]}
Healthy gateway.envoyproxy.io/v1alpha1 BackendTrafficPolicy {ancestors: [{ancestorRef: {name: g}, conditions: [{type: Accepted, status: "True"}]}]}
Healthy gateway.kgateway.dev/v1alpha1 TrafficPolicy {ancestors: [{ancestorRef: {name: g}, conditions: [{type: Accepted, status: "True"}]}]}
Degraded cilium.io/v2 CiliumEnvoyConfig {conditions: [{type: Ready, status: "False", reason: Invalid}]}
Degraded cilium.io/v2 CiliumNetworkPolicy {conditions: [{type: Valid, status: "False", message: bad rule}]}
Healthy cilium.io/v2 CiliumNetworkPolicy {conditions: [{type: Valid, status: "True"}]}
# cluster-api
Healthy addons.cluster.x-k8s.io/v1beta1 ClusterResourceSet {conditions: [{type: ResourcesApplied, status: "True"}]}
Degraded addons.cluster.x-k8s.io/v1beta1 ClusterResourceSet {conditions: [{type: ResourcesApplied, status: "False", reason: RetrievingResourceFailed, severity: Warning}]}
Progressing controlplane.cluster.x-k8s.io/v1beta1 KubeadmControlPlane {conditions: [{type: Ready, status: "False", reason: ScalingUp, severity: Warning}, {type: Available, status: "True"}]}
Healthy bootstrap.cluster.x-k8s.io/v1beta1 KubeadmConfig {ready: true, conditions: [{type: Ready, status: "True"}]}
Suspended cluster.x-k8s.io/v1beta1 Cluster {spec: {paused: true}, status: {phase: Provisioned}}
Degraded operator.cluster.x-k8s.io/v1alpha2 CoreProvider {conditions: [{type: Ready, status: "False", severity: Error, reason: ComponentsFetchError}]}
Progressing infrastructure.cluster.x-k8s.io/v1beta2 AWSCluster {conditions: [{type: Ready, status: "False", reason: WaitingForDNSName, severity: Info}]}
Healthy cluster.x-k8s.io/v1beta2 MachineDeployment {phase: Running, conditions: [{type: Available, status: "True"}, {type: RollingOut, status: "False"}, {type: ScalingUp, status: "False"}]}
Progressing cluster.x-k8s.io/v1beta2 MachineDeployment {phase: ScalingUp, conditions: [{type: Available, status: "True"}, {type: ScalingUp, status: "True"}]}
# tekton
Healthy tekton.dev/v1 PipelineRun {conditions: [{type: Succeeded, status: "True", reason: Completed}]}
Progressing tekton.dev/v1 TaskRun {conditions: [{type: Succeeded, status: Unknown, reason: Running}]}
Degraded tekton.dev/v1beta1 CustomRun {conditions: [{type: Succeeded, status: "False", reason: Failed}]}
none tekton.dev/v1 Pipeline {spec: {}}
none tekton.dev/v1 Task {spec: {}}
Healthy triggers.tekton.dev/v1beta1 EventListener {conditions: [{type: Available, status: "True"}, {type: Deployment, status: "True"}, {type: Ready, status: "True"}]}
Healthy operator.tekton.dev/v1alpha1 TektonConfig {conditions: [{type: Ready, status: "True"}]}
Progressing operator.tekton.dev/v1alpha1 TektonPipeline {conditions: [{type: Ready, status: "False", reason: Installing}]}
# ack cnrm aso
Healthy rds.services.k8s.aws/v1alpha1 DBInstance {conditions: [{type: ACK.ResourceSynced, status: "True"}]}
Progressing eks.services.k8s.aws/v1alpha1 Cluster {conditions: [{type: ACK.ResourceSynced, status: "False", message: creating}]}
Degraded iam.services.k8s.aws/v1alpha1 Role {conditions: [{type: ACK.Recoverable, status: "True", message: AccessDenied}, {type: ACK.ResourceSynced, status: "False"}]}
Healthy services.k8s.aws/v1alpha1 AdoptedResource {conditions: [{type: ACK.Adopted, status: "True"}]}
Healthy storage.cnrm.cloud.google.com/v1beta1 StorageBucket {observedGeneration: 1, conditions: [{type: Ready, status: "True", reason: UpToDate}]}
Degraded pubsub.cnrm.cloud.google.com/v1beta1 PubSubTopic {conditions: [{type: Ready, status: "False", reason: UpdateFailed}]}
Progressing sql.cnrm.cloud.google.com/v1beta1 SQLInstance {conditions: [{type: Ready, status: "False", reason: Updating}]}
Progressing sql.cnrm.cloud.google.com/v1beta1 SQLUser {conditions: [{type: Ready, status: "False", reason: DependencyNotReady}]}
Healthy core.cnrm.cloud.google.com/v1beta1 ConfigConnector {healthy: true}
Degraded core.cnrm.cloud.google.com/v1beta1 ConfigConnectorContext {healthy: false, errors: [x]}
Progressing resources.azure.com/v1api20200601 ResourceGroup {conditions: [{type: Ready, status: "False", severity: Info, reason: Reconciling}]}
Degraded storage.azure.com/v1api20230101 StorageAccount {conditions: [{type: Ready, status: "False", severity: Error, reason: Failed}]}
Degraded dbforpostgresql.azure.com/v1 FlexibleServer {conditions: [{type: Ready, status: "False", severity: Warning, reason: AuthorizationFailed}]}
Progressing network.azure.com/v1 VirtualNetwork {conditions: [{type: Ready, status: "False", severity: Warning, reason: WaitingForOwner}]}
# data
Healthy pulsar.streamnative.io/v1alpha1 PulsarCluster {conditions: [{type: Ready, status: "True"}]}
Healthy resource.streamnative.io/v1alpha1 PulsarTopic {conditions: [{type: Ready, status: "True", reason: Reconciled}]}
Progressing zookeeper.streamnative.io/v1alpha1 ZooKeeperCluster {conditions: [{type: Ready, status: "False", reason: Creating}]}
Healthy rabbitmq.com/v1beta1 RabbitmqCluster {conditions: [{type: AllReplicasReady, status: "True"}, {type: ClusterAvailable, status: "True"}, {type: NoWarnings, status: "True"}, {type: ReconcileSuccess, status: "True"}]}
Degraded rabbitmq.com/v1beta1 RabbitmqCluster {conditions: [{type: AllReplicasReady, status: "True"}, {type: ReconcileSuccess, status: "False", reason: Error}]}
Degraded rabbitmq.com/v1beta1 Exchange {conditions: [{type: Ready, status: "False", reason: FailedCreateOrUpdate}]}
Healthy kibana.k8s.elastic.co/v1 Kibana {health: green, count: 1, availableNodes: 1}
Degraded apm.k8s.elastic.co/v1 ApmServer {health: red}
Progressing logstash.k8s.elastic.co/v1alpha1 Logstash {health: yellow, expectedNodes: 3, availableNodes: 2}
Healthy stackconfigpolicy.k8s.elastic.co/v1alpha1 StackConfigPolicy {phase: Ready, resources: 1, ready: 1}
Healthy pxc.percona.com/v1 PerconaXtraDBClusterBackup {state: Succeeded}
Degraded pxc.percona.com/v1 PerconaXtraDBClusterRestore {state: Failed}
Progressing psmdb.percona.com/v1 PerconaServerMongoDBBackup {state: requested}
Healthy pgv2.percona.com/v2 PerconaPGCluster {state: ready}
Progressing ps.percona.com/v1 PerconaServerMySQL {state: initializing}
Healthy k8s.mariadb.com/v1alpha1 MariaDB {conditions: [{type: Ready, status: "True", reason: StatefulSetReady}]}
Progressing k8s.mariadb.com/v1alpha1 MaxScale {conditions: [{type: Ready, status: "False", reason: StatefulSetNotReady}]}
Degraded k8s.mariadb.com/v1alpha1 Grant {conditions: [{type: Ready, status: "False", reason: Failed}]}
Degraded k8s.mariadb.com/v1alpha1 Restore {conditions: [{type: Complete, status: "True", reason: JobFailed}]}
Suspended k8s.mariadb.com/v1alpha1 MariaDB {conditions: [{type: Ready, status: "False", reason: Suspended}]}
Healthy longhorn.io/v1beta2 Volume {state: attached, robustness: healthy}
Degraded longhorn.io/v1beta2 Volume {state: attached, robustness: faulted}
Degraded longhorn.io/v1beta2 Volume {state: attached, robustness: degraded}
Healthy longhorn.io/v1beta2 Volume {state: detached, robustness: unknown}
Healthy longhorn.io/v1beta2 Engine {currentState: running}
Degraded longhorn.io/v1beta2 Replica {currentState: error}
Healthy longhorn.io/v1beta2 BackupTarget {available: true}
Degraded longhorn.io/v1beta2 BackupTarget {available: false, conditions: [{type: Unavailable, status: "True", message: no route}]}
Healthy longhorn.io/v1beta2 Node {conditions: [{type: Ready, status: "True"}, {type: Schedulable, status: "True"}]}
Degraded ceph.rook.io/v1 CephCluster {phase: Ready, ceph: {health: HEALTH_ERR}}
Healthy ceph.rook.io/v1 CephCluster {phase: Ready, ceph: {health: HEALTH_WARN}}
Progressing ceph.rook.io/v1 CephFilesystem {phase: Progressing}
Degraded ceph.rook.io/v1 CephNFS {phase: Failure}
Healthy ceph.rook.io/v1 CephClient {phase: Ready}
# velero karpenter kyverno olm
Healthy velero.io/v1 BackupStorageLocation {phase: Available}
Degraded velero.io/v1 BackupStorageLocation {phase: Unavailable, message: no such bucket}
Healthy velero.io/v1 Schedule {phase: Enabled}
Suspended velero.io/v1 Schedule {spec: {paused: true}, status: {phase: Enabled}}
Degraded velero.io/v1 Backup {phase: PartiallyFailed}
Progressing velero.io/v1 Restore {phase: WaitingForPluginOperations}
Progressing velero.io/v1 Backup {phase: Finalizing}
Progressing velero.io/v1 Backup {phase: New}
Degraded velero.io/v1 Backup {phase: WaitingForPluginOperationsPartiallyFailed}
Healthy karpenter.sh/v1 NodePool {conditions: [{type: ValidationSucceeded, status: "True"}, {type: NodeClassReady, status: "True"}, {type: Ready, status: "True"}]}
Progressing karpenter.sh/v1 NodeClaim {conditions: [{type: Launched, status: "True"}, {type: Registered, status: Unknown, reason: NodeNotFound}, {type: Ready, status: Unknown}]}
Degraded karpenter.sh/v1 NodePool {conditions: [{type: Ready, status: "False", reason: NodeClassNotReady}]}
Healthy kyverno.io/v1 ClusterPolicy {ready: true, conditions: [{type: Ready, status: "True", reason: Succeeded}]}
Healthy kyverno.io/v2 ClusterCleanupPolicy {conditions: [{type: Ready, status: "True"}]}
Degraded kyverno.io/v1beta1 UpdateRequest {state: Failed}
Healthy policies.kyverno.io/v1alpha1 ValidatingPolicy {conditionStatus: {ready: true, conditions: []}}
Degraded policies.kyverno.io/v1alpha1 MutatingPolicy {conditionStatus: {ready: false, message: x}}
Healthy operators.coreos.com/v1alpha1 InstallPlan {phase: Complete}
Progressing operators.coreos.com/v1alpha1 ClusterServiceVersion {phase: InstallReady}
Progressing operators.coreos.com/v1alpha1 ClusterServiceVersion {phase: Replacing}
none operators.coreos.com/v1 OperatorGroup {lastUpdated: "2026-01-01T00:00:00Z", namespaces: [a]}
none operators.coreos.com/v2 OperatorCondition {conditions: [{type: Upgradeable, status: "True"}]}
Progressing operators.coreos.com/v1alpha1 CatalogSource {connectionState: {lastObservedState: CONNECTING}}
none operators.coreos.com/v1 Operator {components: {refs: []}}
# metallb grafana prometheus traefik nginx
none metallb.io/v1beta1 IPAddressPool {spec: {}}
none metallb.io/v1beta1 IPAddressPool {spec: {}, status: {assignedIPv4: 1, availableIPv4: 5}}
Healthy grafana.integreatly.org/v1beta1 Grafana {stage: complete, stageStatus: success}
Degraded grafana.integreatly.org/v1beta1 Grafana {stage: deployment, stageStatus: failed, lastMessage: no}
Degraded grafana.integreatly.org/v1beta1 GrafanaNotificationPolicy {conditions: [{type: NotificationPolicySynchronized, status: "False", reason: ApplyFailed}]}
Healthy grafana.integreatly.org/v1beta1 GrafanaDashboard {NoMatchingInstances: false, conditions: [{type: DashboardSynchronized, status: "True", reason: ApplySuccessful}]}
Degraded grafana.integreatly.org/v1beta1 GrafanaDashboard {conditions: [{type: NoMatchingInstance, status: "True", reason: EmptyAPIReply}]}
Degraded grafana.integreatly.org/v1beta1 GrafanaLibraryPanel {conditions: [{type: InvalidSpec, status: "True", reason: x}]}
Healthy monitoring.coreos.com/v1 Alertmanager {conditions: [{type: Available, status: "True"}, {type: Reconciled, status: "True"}]}
Degraded monitoring.coreos.com/v1 ThanosRuler {conditions: [{type: Available, status: "False", reason: SomePodsNotReady}, {type: Reconciled, status: "False", reason: ReconciliationFailed}]}
Progressing monitoring.coreos.com/v1alpha1 PrometheusAgent {conditions: [{type: Available, status: Degraded, reason: SomePodsNotReady}, {type: Reconciled, status: "True"}]}
none monitoring.coreos.com/v1 ServiceMonitor {spec: {}}
none monitoring.coreos.com/v1 PrometheusRule {spec: {}}
Suspended monitoring.coreos.com/v1 Alertmanager {spec: {paused: true}, status: {paused: true, conditions: [{type: Available, status: "True"}]}}
none traefik.io/v1alpha1 IngressRoute {spec: {}}
Healthy k8s.nginx.org/v1 VirtualServer {state: Valid, reason: AddedOrUpdated}
Degraded k8s.nginx.org/v1 VirtualServerRoute {state: Invalid, reason: Rejected, message: x}
Degraded k8s.nginx.org/v1 Policy {state: Warning}
Healthy gateway.nginx.org/v1alpha1 NginxGateway {conditions: [{type: Valid, status: "True"}]}
# kubevirt karmada ocm rancher
Healthy kubevirt.io/v1 KubeVirt {phase: Deployed, conditions: [{type: Available, status: "True"}, {type: Progressing, status: "False"}, {type: Degraded, status: "False"}]}
Progressing kubevirt.io/v1 VirtualMachine {printableStatus: Provisioning}
Degraded kubevirt.io/v1 VirtualMachine {printableStatus: ErrorPvcNotFound}
Degraded kubevirt.io/v1 VirtualMachine {printableStatus: CrashLoopBackOff}
Healthy kubevirt.io/v1 VirtualMachineInstanceReplicaSet {replicas: 2, readyReplicas: 2}
Progressing kubevirt.io/v1 VirtualMachineInstanceMigration {phase: TargetReady}
Healthy cdi.kubevirt.io/v1beta1 CDI {phase: Deployed}
Progressing cdi.kubevirt.io/v1beta1 DataVolume {phase: ImportInProgress, progress: "10%"}
Healthy hco.kubevirt.io/v1beta1 HyperConverged {conditions: [{type: ReconcileComplete, status: "True"}, {type: Available, status: "True"}, {type: Progressing, status: "False"}, {type: Degraded, status: "False"}, {type: Upgradeable, status: "True"}]}
Degraded hco.kubevirt.io/v1beta1 HyperConverged {conditions: [{type: Available, status: "False", reason: x}, {type: Degraded, status: "True"}]}
Healthy snapshot.kubevirt.io/v1beta1 VirtualMachineSnapshot {phase: Succeeded, readyToUse: true}
Healthy cluster.karmada.io/v1alpha1 Cluster {conditions: [{type: Ready, status: "True"}]}
none policy.karmada.io/v1alpha1 PropagationPolicy {spec: {}}
Healthy work.karmada.io/v1alpha1 Work {conditions: [{type: Applied, status: "True"}]}
Degraded work.karmada.io/v1alpha1 Work {conditions: [{type: Applied, status: "False", reason: AppliedFailed}]}
Healthy cluster.open-cluster-management.io/v1 ManagedCluster {conditions: [{type: HubAcceptedManagedCluster, status: "True"}, {type: ManagedClusterJoined, status: "True"}, {type: ManagedClusterConditionAvailable, status: "True"}]}
Degraded cluster.open-cluster-management.io/v1 ManagedCluster {conditions: [{type: ManagedClusterJoined, status: "True"}, {type: ManagedClusterConditionAvailable, status: Unknown, reason: ManagedClusterLeaseUpdateStopped}]}
Healthy work.open-cluster-management.io/v1 ManifestWork {conditions: [{type: Applied, status: "True"}, {type: Available, status: "True"}]}
Degraded work.open-cluster-management.io/v1 ManifestWork {conditions: [{type: Applied, status: "False", reason: AppliedManifestWorkFailed}]}
Healthy addon.open-cluster-management.io/v1alpha1 ManagedClusterAddOn {conditions: [{type: Available, status: "True"}, {type: Progressing, status: "False"}]}
Healthy operator.open-cluster-management.io/v1 MultiClusterHub {phase: Running}
Progressing operator.open-cluster-management.io/v1 MultiClusterHub {phase: Installing}
Healthy provisioning.cattle.io/v1 Cluster {ready: true, conditions: [{type: Ready, status: "True"}, {type: Updated, status: "True"}]}
Healthy fleet.cattle.io/v1alpha1 GitRepo {conditions: [{type: Ready, status: "True"}], display: {state: Ready}}
Degraded fleet.cattle.io/v1alpha1 Bundle {conditions: [{type: Ready, status: "False", message: "ErrApplied(1)"}]}
Healthy management.cattle.io/v3 Cluster {conditions: [{type: Ready, status: "True"}]}
Healthy helm.cattle.io/v1 HelmChart {jobName: helm-install-x, conditions: [{type: JobCreated, status: "True"}, {type: Failed, status: "False"}]}
Degraded helm.cattle.io/v1 HelmChart {conditions: [{type: Failed, status: "True"}]}
Healthy infrastructure.cluster.x-k8s.io/v1alpha1 VCluster {ready: true, phase: Deployed, conditions: [{type: Ready, status: "True"}]}
Healthy externaldns.k8s.io/v1alpha1 DNSEndpoint {observedGeneration: 1}
Healthy networking.gke.io/v1 ManagedCertificate {certificateStatus: Active}
Progressing networking.gke.io/v1 ManagedCertificate {certificateStatus: Provisioning}
Degraded networking.gke.io/v1 ManagedCertificate {certificateStatus: FailedNotVisible}
Healthy apiextensions.k8s.io/v1 CustomResourceDefinition {conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "True"}]}
Degraded apiextensions.k8s.io/v1 CustomResourceDefinition {conditions: [{type: NamesAccepted, status: "False", reason: ListKindConflict}, {type: Established, status: "False"}]}
Progressing apiextensions.k8s.io/v1 CustomResourceDefinition {spec: {}}
none hive.openshift.io/v1 ClusterDeployment {conditions: [{type: Provisioned, status: "True"}, {type: ProvisionFailed, status: "False"}]}
Healthy kueue.x-k8s.io/v1beta1 ClusterQueue {conditions: [{type: Active, status: "True", reason: Ready}]}
Degraded kueue.x-k8s.io/v1beta1 LocalQueue {conditions: [{type: Active, status: "False", reason: ClusterQueueIsInactive}]}
Healthy leaderworkerset.x-k8s.io/v1 LeaderWorkerSet {conditions: [{type: Available, status: "True"}, {type: Progressing, status: "False"}]}
Progressing leaderworkerset.x-k8s.io/v1 LeaderWorkerSet {conditions: [{type: Available, status: "False"}, {type: Progressing, status: "True"}]}
Healthy apps.3scale.net/v1alpha1 APIManager {conditions: [{type: Available, status: "True"}]}
Healthy keycloak.org/v1alpha1 KeycloakRealm {ready: true, phase: reconciling, message: ""}
Healthy nfd.openshift.io/v1 NodeFeatureDiscovery {conditions: [{type: Available, status: "True"}, {type: Degraded, status: "False"}]}
Healthy config.openshift.io/v1 ClusterOperator {conditions: [{type: Available, status: "True"}, {type: Progressing, status: "False"}, {type: Degraded, status: "False"}]}
Degraded config.openshift.io/v1 ClusterOperator {conditions: [{type: Available, status: "True"}, {type: Degraded, status: "True", message: x}]}
Progressing metal3.io/v1alpha1 BareMetalHost {provisioning: {state: provisioning}, errorMessage: ""}
Healthy metal3.io/v1alpha1 BareMetalHost {provisioning: {state: provisioned}, operationalStatus: OK}
Degraded metal3.io/v1alpha1 BareMetalHost {provisioning: {state: provisioning}, operationalStatus: error, errorMessage: no disk}
Healthy volsync.backube/v1alpha1 ReplicationSource {conditions: [{type: Synchronizing, status: "False", reason: WaitingForSchedule}]}
Progressing volsync.backube/v1alpha1 ReplicationSource {conditions: [{type: Synchronizing, status: "True", reason: SyncInProgress}]}
# what unknown kinds say by convention
Degraded example.com/v1 Thing {conditions: [{type: Available, status: "True"}, {type: Degraded, status: "True", reason: DiskFull}]}
Progressing example.com/v1 Thing {conditions: [{type: Available, status: "False", reason: MinimumReplicasUnavailable}]}
Healthy example.com/v1 Thing {conditions: [{type: Available, status: "True"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}
Progressing example.com/v1 Job {conditions: [{type: Succeeded, status: "False", reason: Running}]}
Degraded example.com/v1 Job {conditions: [{type: Succeeded, status: "False", reason: BackoffLimitExceeded}]}
Suspended example.com/v1 Thing {conditions: [{type: Ready, status: "False", reason: Paused}]}
Degraded example.com/v1 Route {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: "False", reason: NotAllowedByListeners}]}]}
Progressing example.com/v1 Thing {metadata: {generation: 2}, status: {observedGeneration: 1, conditions: [{type: Available, status: "True"}]}}
none example.com/v1 Thing {phase: Running, conditions: [{type: MemoryPressure, status: "False"}]}
none v1 PersistentVolume {phase: Available}
# clusters that say it themselves
Unknown core.gardener.cloud/v1beta1 Shoot {metadata: {labels: {shoot.gardener.cloud/status: unknown}}, status: {conditions: [{type: EveryNodeReady, status: "False"}]}}
Healthy cluster.x-k8s.io/v1beta1 MachinePool {phase: Scaling, conditions: [{type: Ready, status: "True"}]}
Progressing cluster.x-k8s.io/v1beta1 MachinePool {phase: Scaling, conditions: [{type: Ready, status: "False", severity: Info}]}
`;

const cases = STATES.split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [health = '', apiVersion = '', kind = '', ...rest] = line.split(' ');
    return { health, apiVersion, kind, text: rest.join(' ') };
  });

it.each(cases)('$health: $apiVersion $kind $text', ({ health, apiVersion, kind, text }) => {
  const fields = load(text) as Partial<KubernetesObject>;
  const isObject = ['metadata', 'spec', 'status'].some((field) => field in fields && !isText(fields[field]));
  const object = isObject ? fields : { status: fields };
  const assessed = assessHealth({ apiVersion, kind, ...object, metadata: { name: 'x', ...object.metadata } });
  expect(assessed?.status ?? 'none').toBe(health);
});

/** Some statuses have a member called status. */
function isText(value: unknown): boolean {
  return typeof value === 'string';
}
