/** Messages of autoscaling/v2, in the notation of message-table.ts. */
export const autoscaling2 = `
ContainerResourceMetricSource:
  1name:s? 2target:MetricTarget 3container:s?
ContainerResourceMetricStatus:
  1name:s? 2current:MetricValueStatus 3container:s?
CrossVersionObjectReference:
  1kind:s? 2name:s? 3apiVersion:s
ExternalMetricSource:
  1metric:MetricIdentifier 2target:MetricTarget
ExternalMetricStatus:
  1metric:MetricIdentifier 2current:MetricValueStatus
HPAScalingPolicy:
  1type:s? 2value:i? 3periodSeconds:i?
HPAScalingRules:
  1selectPolicy:s? 2policies:[HPAScalingPolicy] 3stabilizationWindowSeconds:i? 4tolerance:q
HorizontalPodAutoscaler:
  1metadata:meta.ObjectMeta 2spec:HorizontalPodAutoscalerSpec 3status:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerBehavior:
  1scaleUp:HPAScalingRules? 2scaleDown:HPAScalingRules?
HorizontalPodAutoscalerCondition:
  1type:s? 2status:s? 3lastTransitionTime:t 4reason:s 5message:s
HorizontalPodAutoscalerSpec:
  1scaleTargetRef:CrossVersionObjectReference 2minReplicas:i? 3maxReplicas:i? 4metrics:[MetricSpec]
  5behavior:HorizontalPodAutoscalerBehavior?
HorizontalPodAutoscalerStatus:
  1observedGeneration:i? 2lastScaleTime:t 3currentReplicas:i 4desiredReplicas:i?
  5currentMetrics:[MetricStatus] 6conditions:[HorizontalPodAutoscalerCondition]
MetricIdentifier:
  1name:s? 2selector:meta.LabelSelector?
MetricSpec:
  1type:s? 2object:ObjectMetricSource? 3pods:PodsMetricSource? 4resource:ResourceMetricSource?
  5external:ExternalMetricSource? 7containerResource:ContainerResourceMetricSource?
MetricStatus:
  1type:s? 2object:ObjectMetricStatus? 3pods:PodsMetricStatus? 4resource:ResourceMetricStatus?
  5external:ExternalMetricStatus? 7containerResource:ContainerResourceMetricStatus?
MetricTarget:
  1type:s? 2value:q 3averageValue:q 4averageUtilization:i?
MetricValueStatus:
  1value:q 2averageValue:q 3averageUtilization:i?
ObjectMetricSource:
  1describedObject:CrossVersionObjectReference 2target:MetricTarget 3metric:MetricIdentifier
ObjectMetricStatus:
  1metric:MetricIdentifier 2current:MetricValueStatus 3describedObject:CrossVersionObjectReference
PodsMetricSource:
  1metric:MetricIdentifier 2target:MetricTarget
PodsMetricStatus:
  1metric:MetricIdentifier 2current:MetricValueStatus
ResourceMetricSource:
  1name:s? 2target:MetricTarget
ResourceMetricStatus:
  1name:s? 2current:MetricValueStatus
`;
