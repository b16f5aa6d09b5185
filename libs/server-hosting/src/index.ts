export { IsHttpUrl } from './http-url.decorator.js';
export { ServerHost, type DeletionHooks, type HostedServer, type Replacement } from './server-host.js';
export { SERVER_NAME, SERVER_NAME_RULE } from './server-name.js';
export { ReconnectionOptionsDto, ServerSettingsDto, STRING_MAP, TRANSPORT_TYPES } from './server-settings.dto.js';
export type { ReconnectionOptions, ServerSettings } from './server-settings.js';
export { IsStringMap, type StringMapRule } from './string-map.decorator.js';
