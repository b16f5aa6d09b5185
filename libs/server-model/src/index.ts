// The model of a registered server: settings, DTOs, names and access rules; and the interface of the server registry.
// It also decides which programs may run. Packages, the registry of servers and others share it. It does not run servers.
export type { AccessRule, AccessUser, ServerAccessRules, ToolAccess } from './access-rules.js';
export { ServerAccessRulesDto } from './access-rules.dto.js';
export { GivenServerDto, transportOfType } from './given-server.dto.js';
export { understoodSettings, warningsAbout, type UnderstoodSettings } from './given-settings.js';
export { IsHttpUrl } from './http-url.decorator.js';
export { fitsPattern } from './name-pattern.js';
export { fitsPackagePattern, type PackageRuntimeName } from './package-pattern.js';
export { ServerPolicy, type InstallScripts, type ProcessIsolation } from './policy/server-policy.js';
export { loaderVariable, type StdioProgram } from './policy/stdio-program.js';
export type { AskedSecret } from './secret-references.js';
export { SECRET_NAME } from './secret-name.js';
export {
  ServerExtensions,
  type ImpactPart,
  type PackagedServer,
  type PackageFacts,
  type PreparedProgram,
  type ServerPackages,
  type ServerProgram,
  type ServerPrograms,
} from './server-extensions.js';
export { ServerHost, type DeletionHooks, type HostedServer, type Replacement } from './server-host.js';
export { SERVER_NAME, SERVER_NAME_RULE } from './server-name.js';
export { ServerLimitsDto } from './server-limits.dto.js';
export {
  ISOLATIONS,
  NETWORKS,
  ReconnectionOptionsDto,
  REPLICA_COUNTS,
  SECRET_CARRIERS,
  ServerSettingsDto,
  STRING_MAP,
  TRANSPORT_TYPES,
} from './server-settings.dto.js';
export type { ReconnectionOptions, ServerLimits, ServerSettings } from './server-settings.js';
export { withReferences } from './variable-references.js';
export { IsStringMap, type StringMapRule } from './string-map.decorator.js';
export { startWarning, type StartedServer } from './start-warning.js';
