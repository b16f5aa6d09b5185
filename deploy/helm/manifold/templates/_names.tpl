{{- define "manifold.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "manifold.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{ default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "manifold.selector" -}}
app.kubernetes.io/name: {{ include "manifold.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{/* Labels of every object. `component` differs: the selector of the gateway's pods must not find the pod of the smoke test. */}}
{{- define "manifold.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{ include "manifold.selector" . }}
{{- end }}

{{- define "manifold.serviceAccount" -}}
{{ default (ternary (include "manifold.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "manifold.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "manifold.url" -}}
{{- if .Values.url -}}
{{ .Values.url }}
{{- else if .Values.ingress.enabled -}}
{{ ternary "https" "http" (ne .Values.ingress.tlsSecret "") }}://{{ .Values.ingress.host }}
{{- else -}}
{{ include "manifold.inside" . }}
{{- end }}
{{- end }}

{{/* How pods of the cluster reach the gateway. */}}
{{- define "manifold.inside" -}}
http://{{ include "manifold.fullname" . }}.{{ .Release.Namespace }}.svc{{ if ne (int .Values.service.port) 80 }}:{{ int .Values.service.port }}{{ end }}
{{- end }}

{{/* "true" where MongoDB holds the state; else it is SQLite on the volume of the one replica. */}}
{{- define "manifold.mongodb" -}}
{{ if or .Values.secrets.mongoUrl .Values.config.MONGO_HOST }}true{{ end }}
{{- end }}

{{/* A value of `config` as text: numbers as they were written, lists as JSON. */}}
{{- define "manifold.text" -}}
{{ kindIs "string" . | ternary . (toJson .) }}
{{- end }}
