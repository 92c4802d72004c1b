// The kubelet's part of the sandbox, for a stand-in of nodes on a real API server.
export type { ObservedEvent } from '../machinery/event-recorder.ts';
export { type Node, PODS, type Pod, type PodStatus } from '../machinery/objects.ts';
export { type Timing, timestamp, timingOf } from '../machinery/timing.ts';
export { whyUnfit } from '../pods/node-fit.ts';
export { nodeDocument } from '../pods/nodes.ts';
export { podAddress } from './kubelet.ts';
export { ComputedPodLogs, type PodReader } from './pod-logs.ts';
export { type NodeEnvironment, PodMachine, type PodProblems, type PodStep } from './pod-machine.ts';
export { hasReferences, type NamespaceFacts, podProblems, referencesOf } from './pod-problems.ts';
