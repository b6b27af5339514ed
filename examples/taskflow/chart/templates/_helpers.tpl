{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* What a part's objects and pods are found by; it never changes. */}}
{{- define "taskflow.selector" -}}
app: taskflow
component: {{ . }}
{{- end }}

{{/* Takes (list ROOT PART). */}}
{{- define "taskflow.labels" -}}
{{ include "taskflow.selector" (index . 1) }}
{{ include "taskflow.chart-labels" (index . 0) }}
{{- end }}

{{- define "taskflow.chart-labels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Of a Deployment's specification, all that both parts have in common. Takes (list ROOT PART). */}}
{{- define "taskflow.rollout" -}}
{{- $values := index (index . 0).Values (index . 1) -}}
{{- if not (index . 0).Values.autoscaling.enabled }}
replicas: {{ $values.replicas }}
{{- end }}
revisionHistoryLimit: 5
strategy:
  type: RollingUpdate
  rollingUpdate: {maxUnavailable: 1, maxSurge: 1}
selector:
  matchLabels:
    {{- include "taskflow.selector" (index . 1) | nindent 4 }}
{{- end }}

{{/* Of a pod's specification, all but its containers and volumes. */}}
{{- define "taskflow.pod" -}}
{{- $values := index (index . 0).Values (index . 1) -}}
serviceAccountName: taskflow
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- with (index . 0).Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "taskflow.selector" (index . 1) | nindent 8 }}
{{- end }}

{{/* Of a container, all but its name, variables, ports and probes. */}}
{{- define "taskflow.container" -}}
{{- $values := index (index . 0).Values (index . 1) -}}
image: "{{ $values.image.repository }}:{{ $values.image.tag | default (index . 0).Chart.AppVersion }}"
imagePullPolicy: {{ $values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
lifecycle:
  preStop:
    sleep: {seconds: {{ $values.preStopSleepSeconds }}}
resources:
  {{- toYaml $values.resources | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end }}
