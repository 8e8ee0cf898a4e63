{{- define "frontdesk.name" -}}
{{- $name := ternary .Release.Name (printf "%s-frontdesk" .Release.Name) (contains "frontdesk" .Release.Name) -}}
{{- trunc 50 $name | trimSuffix "-" -}}
{{- end }}

{{- /* Takes (list root part). */ -}}
{{- define "frontdesk.selector" -}}
app.kubernetes.io/name: frontdesk
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- define "frontdesk.match" -}}
{{ include "frontdesk.selector" . | fromYaml | toJson }}
{{- end }}

{{- define "frontdesk.labels" -}}
{{ include "frontdesk.selector" . }}
app.kubernetes.io/version: {{ (first .).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (first .).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (first .).Chart.Name (first .).Chart.Version }}
{{- end }}

{{- define "frontdesk.secret" -}}
{{- .Values.secret.existing | default (include "frontdesk.name" .) -}}
{{- end }}

{{- define "frontdesk.config" -}}
{{- $address := printf "postgresql+psycopg://%s@%s:%v/%s" .Values.database.user .Values.database.host .Values.database.port .Values.database.name -}}
{{- $ours := dict "serve" (dict "host" "0.0.0.0" "port" 8000 "ui_port" 7860) "desk" (dict "database" $address) -}}
{{- if not .Values.config }}{{ fail "values: config is empty; expected the run's config, as in configs/mine.yaml" }}{{ end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $ours) -}}
{{- end }}

{{- define "frontdesk.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "frontdesk.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* An environment variable from a key of the secret. Takes (list root NAME key). */ -}}
{{- define "frontdesk.fromSecret" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ include "frontdesk.secret" (first .) }}, key: {{ last . }}}}
{{- end }}

{{- define "frontdesk.image" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- /* What all pods have but their containers. Takes (list root part). */ -}}
{{- define "frontdesk.pod" -}}
{{- $root := first . -}}
{{- $part := index $root.Values (last .) -}}
automountServiceAccountToken: false
securityContext: {{- include "frontdesk.podSecurity" $root | nindent 2 }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if eq $root.Values.models.source "objectStore" }}
initContainers:
  - name: models
    image: {{ $root.Values.models.objectStore.image | quote }}
    args: [copy, {{ $root.Values.models.objectStore.path | quote }}, /project]
    env: [{name: HOME, value: /tmp}]
    envFrom: [{secretRef: {name: {{ required "values: models.objectStore.secret is empty; expected the name of a secret" $root.Values.models.objectStore.secret }}}}]
    securityContext: {{- include "frontdesk.containerSecurity" $root | nindent 6 }}
    resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 1Gi}}
    volumeMounts: [{name: project, mountPath: /project}, {name: tmp, mountPath: /tmp}]
{{- end }}
volumes:
  - name: config
    configMap: {name: {{ include "frontdesk.name" $root }}}
  - name: tmp
    emptyDir: {sizeLimit: 1Gi}
  - name: project
{{- if eq $root.Values.models.source "objectStore" }}
    emptyDir: {sizeLimit: {{ $root.Values.models.objectStore.size }}}
{{- else if eq $root.Values.models.source "pvc" }}
    persistentVolumeClaim: {claimName: {{ $root.Values.models.pvc.existingClaim | default (printf "%s-models" (include "frontdesk.name" $root)) }}}
{{- else }}
{{- fail (printf "values: models.source is %s; expected pvc or objectStore" $root.Values.models.source) }}
{{- end }}
{{- end }}

{{- define "frontdesk.mounts" -}}
- {name: config, mountPath: /srv/frontdesk/configs, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "frontdesk.deskMounts" -}}
{{ include "frontdesk.mounts" . }}
- {name: project, mountPath: /srv/frontdesk/runs, subPath: runs}
- {name: project, mountPath: /srv/frontdesk/faq, subPath: faq, readOnly: true}
- {name: project, mountPath: /srv/frontdesk/.cache/models, subPath: cache/models, readOnly: true}
{{- end }}

{{- define "frontdesk.probe" -}}
httpGet: {path: {{ last . }}, port: http}
timeoutSeconds: {{ first . }}
{{- end }}
