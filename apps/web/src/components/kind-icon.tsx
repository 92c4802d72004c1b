import {
  type Icon,
  IconAdjustments,
  IconBox,
  IconCalendarTime,
  IconCpu,
  IconDatabase,
  IconFileText,
  IconFolder,
  IconHexagon,
  IconKey,
  IconLock,
  IconPlayerPlay,
  IconRoute,
  IconShieldHalf,
  IconStack2,
  IconTopologyStar,
  IconUserShield,
  IconWorld,
} from '@tabler/icons-react';

const icons: Record<string, Icon> = {
  Deployment: IconStack2,
  StatefulSet: IconDatabase,
  DaemonSet: IconCpu,
  ReplicaSet: IconStack2,
  Pod: IconBox,
  Service: IconTopologyStar,
  EndpointSlice: IconTopologyStar,
  Endpoints: IconTopologyStar,
  Ingress: IconWorld,
  HTTPRoute: IconRoute,
  Gateway: IconRoute,
  ConfigMap: IconFileText,
  Secret: IconKey,
  Job: IconPlayerPlay,
  CronJob: IconCalendarTime,
  ServiceAccount: IconUserShield,
  Role: IconLock,
  RoleBinding: IconLock,
  ClusterRole: IconLock,
  ClusterRoleBinding: IconLock,
  NetworkPolicy: IconShieldHalf,
  PodDisruptionBudget: IconShieldHalf,
  HorizontalPodAutoscaler: IconAdjustments,
  PersistentVolumeClaim: IconDatabase,
  Namespace: IconFolder,
};

export function KindIcon({ kind, size = 16 }: { kind: string; size?: number }) {
  const Shape = icons[kind] ?? IconHexagon;
  return <Shape size={size} stroke={1.6} aria-hidden="true" style={{ flex: 'none' }} />;
}
