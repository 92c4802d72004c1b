export { decodeKubernetesProtobuf } from './decode.ts';
