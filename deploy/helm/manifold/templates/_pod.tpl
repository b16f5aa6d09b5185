{{/* The same for every pod of the chart: no root, no way to become it, nothing to write to but volumes, no credentials of the cluster. */}}
{{- define "manifold.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  # Volumes belong to this group: without it, nobody but root could read secrets of mode 0400.
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "manifold.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Name in `values.secrets` → the variable that says where the file is. */}}
{{- define "manifold.secretVariables" -}}
secretsKey: SECRETS_KEY_FILE
mongoUrl: MONGO_URL_FILE
mongoPass: MONGO_PASS_FILE
redisUrl: REDIS_URL_FILE
signingKey: SIGNING_KEY_PATH
integrationAppWorkspaceSecret: INTEGRATION_APP_WORKSPACE_SECRET_FILE
googleOauthCredentials: GOOGLE_OAUTH_CREDENTIALS_FILE
oauth2Credentials: OAUTH2_CREDENTIALS_FILE
npmToken: NPM_TOKEN_FILE
{{- end }}
