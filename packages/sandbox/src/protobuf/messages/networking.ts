/** Messages of networking.k8s.io/v1, in the notation of message-table.ts. */
export const networking = `
HTTPIngressPath:
  1path:s 2backend:IngressBackend 3pathType:s?
HTTPIngressRuleValue:
  1paths:[HTTPIngressPath]
IPAddress:
  1metadata:meta.ObjectMeta 2spec:IPAddressSpec
IPAddressSpec:
  1parentRef:ParentReference?
IPBlock:
  1cidr:s? 2except:[s]
Ingress:
  1metadata:meta.ObjectMeta 2spec:IngressSpec 3status:IngressStatus
IngressBackend:
  3resource:core.TypedLocalObjectReference? 4service:IngressServiceBackend?
IngressClass:
  1metadata:meta.ObjectMeta 2spec:IngressClassSpec
IngressClassParametersReference:
  1apiGroup:s? 2kind:s? 3name:s? 4scope:s? 5namespace:s?
IngressClassSpec:
  1controller:s 2parameters:IngressClassParametersReference?
IngressLoadBalancerIngress:
  1ip:s 2hostname:s 4ports:[IngressPortStatus]
IngressLoadBalancerStatus:
  1ingress:[IngressLoadBalancerIngress]
IngressPortStatus:
  1port:i? 2protocol:s? 3error:s?
IngressRule:
  1host:s 2+:IngressRuleValue
IngressRuleValue:
  1http:HTTPIngressRuleValue?
IngressServiceBackend:
  1name:s? 2port:ServiceBackendPort
IngressSpec:
  1defaultBackend:IngressBackend? 2tls:[IngressTLS] 3rules:[IngressRule] 4ingressClassName:s?
IngressStatus:
  1loadBalancer:IngressLoadBalancerStatus
IngressTLS:
  1hosts:[s] 2secretName:s
NetworkPolicy:
  1metadata:meta.ObjectMeta 2spec:NetworkPolicySpec
NetworkPolicyEgressRule:
  1ports:[NetworkPolicyPort] 2to:[NetworkPolicyPeer]
NetworkPolicyIngressRule:
  1ports:[NetworkPolicyPort] 2from:[NetworkPolicyPeer]
NetworkPolicyPeer:
  1podSelector:meta.LabelSelector? 2namespaceSelector:meta.LabelSelector? 3ipBlock:IPBlock?
NetworkPolicyPort:
  1protocol:s? 2port:x? 3endPort:i?
NetworkPolicySpec:
  1podSelector:meta.LabelSelector 2ingress:[NetworkPolicyIngressRule] 3egress:[NetworkPolicyEgressRule]
  4policyTypes:[s]
ParentReference:
  1group:s 2resource:s 3namespace:s 4name:s
ServiceBackendPort:
  1name:s 2number:i
ServiceCIDR:
  1metadata:meta.ObjectMeta 2spec:ServiceCIDRSpec 3status:ServiceCIDRStatus
ServiceCIDRSpec:
  1cidrs:[s]
ServiceCIDRStatus:
  1conditions:[meta.Condition]
`;
