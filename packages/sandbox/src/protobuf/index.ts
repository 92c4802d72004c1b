export { decodeKubernetesProtobuf, isKubernetesProtobuf } from './decode.ts';
export { ProtobufError } from './protobuf-error.ts';
