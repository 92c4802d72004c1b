/** Messages of autoscaling/v1, in the notation of message-table.ts. */
export const autoscaling = `
CrossVersionObjectReference:
  1kind:s? 2name:s? 3apiVersion:s
HorizontalPodAutoscaler:
  1metadata:meta.ObjectMeta 2spec:HorizontalPodAutoscalerSpec 3status:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec:
  1scaleTargetRef:CrossVersionObjectReference 2minReplicas:i? 3maxReplicas:i?
  4targetCPUUtilizationPercentage:i?
HorizontalPodAutoscalerStatus:
  1observedGeneration:i? 2lastScaleTime:t 3currentReplicas:i? 4desiredReplicas:i?
  5currentCPUUtilizationPercentage:i?
Scale:
  1metadata:meta.ObjectMeta 2spec:ScaleSpec 3status:ScaleStatus
ScaleSpec:
  1replicas:i
ScaleStatus:
  1replicas:i? 2selector:s
`;
