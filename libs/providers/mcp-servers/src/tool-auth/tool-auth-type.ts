import type { ServerRecord } from '../server-record.js';

/** Tools by which a server authorizes its users. The gateway calls them; agents have no use for codes and tokens. */
export const AUTHORIZATION_URL_TOOL = 'auth_get_authorization_url';
export const EXCHANGE_TOOL = 'auth_exchange_code';

/** What the gateway adds to the calls of such a server: parameters that agents do not see. */
export const USER_PARAMETER = 'userCredentials';
const CLIENT_PARAMETERS: Readonly<Record<string, string>> = { google: 'gauthFileContent' };

export const clientParameter = (provider: string): string => CLIENT_PARAMETERS[provider] ?? 'clientCredentials';

/** Whose tokens a server wants with each call, in lower case: `MCP_AUTH_TYPE=OAUTH2_GOOGLE` is `google`. */
export function toolProviderOf({ transport }: ServerRecord): string | undefined {
  const type = transport.transportType === 'stdio' ? transport.env.MCP_AUTH_TYPE : undefined;
  const [, provider] = /^OAUTH2_([A-Z][A-Z0-9_]{0,31})$/.exec(type ?? '') ?? [];
  return provider?.toLowerCase().replaceAll('_', '-');
}

/** Whether a tool is the gateway's business only. */
export const isAuthorizationTool = (record: ServerRecord, tool: string): boolean =>
  (tool === AUTHORIZATION_URL_TOOL || tool === EXCHANGE_TOOL) && toolProviderOf(record) !== undefined;

/** The parameters that agents do not see. */
export function toolAuthParameters(record: ServerRecord): readonly string[] {
  const provider = toolProviderOf(record);
  return provider === undefined ? [] : [USER_PARAMETER, clientParameter(provider)];
}
