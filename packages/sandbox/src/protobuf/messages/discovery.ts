/** Messages of discovery.k8s.io/v1, in the notation of message-table.ts. */
export const discovery = `
Endpoint:
  1addresses:[s] 2conditions:EndpointConditions 3hostname:s? 4targetRef:core.ObjectReference?
  5deprecatedTopology:{s} 6nodeName:s? 7zone:s? 8hints:EndpointHints?
EndpointConditions:
  1ready:b? 2serving:b? 3terminating:b?
EndpointHints:
  1forZones:[ForZone] 2forNodes:[ForNode]
EndpointPort:
  1name:s? 2protocol:s? 3port:i? 4appProtocol:s?
EndpointSlice:
  1metadata:meta.ObjectMeta 2endpoints:[Endpoint] 3ports:[EndpointPort] 4addressType:s?
ForNode:
  1name:s?
ForZone:
  1name:s?
`;
