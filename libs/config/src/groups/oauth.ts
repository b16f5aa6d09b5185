import { z } from 'zod';
import type { ToolOAuthClients } from '../model/config.js';
import { excludes } from '../model/faults.js';
import { httpsUrlWithPath, json } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';

const client = z.record(z.string(), z.unknown());
const clients = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), client);

export const oauth = settingGroup({
  title: 'OAuth',
  about: 'The gateway as an OAuth client, and the OAuth clients of servers with `MCP_AUTH_TYPE=OAUTH2_<PROVIDER>`.',
  settings: {
    OAUTH_CLIENT_METADATA_URL: setting({
      parse: httpsUrlWithPath,
      unset: '`MCP_SERVER_URL` with `/oauth/client.json`',
      meaning:
        "The https URL where the gateway's client document is published, where authorization servers cannot reach the gateway.",
    }),
    GOOGLE_OAUTH_CREDENTIALS: setting({
      parse: json(client, 'the object that Google hands out for an OAuth client'),
      meaning: 'The JSON that Google hands out for an OAuth client, for servers with `MCP_AUTH_TYPE=OAUTH2_GOOGLE`.',
      secret: true,
      file: true,
    }),
    OAUTH2_CREDENTIALS: setting({
      parse: json(clients, 'an object of provider names (a-z, 0-9, -) and objects'),
      default: '{}',
      unset: 'none',
      meaning:
        'The same for other providers by their names: `{"slack": {...}}` is for servers with `MCP_AUTH_TYPE=OAUTH2_SLACK`.',
      secret: true,
      file: true,
    }),
  },
});

/**
 * Returns the OAuth clients for servers that authorize their users by tools of their own.
 * @param faults gets one line if a provider is named twice
 */
export function toolOAuthClients(
  { GOOGLE_OAUTH_CREDENTIALS: google, OAUTH2_CREDENTIALS: others }: Values<typeof oauth>,
  faults: string[],
): ToolOAuthClients {
  if (google && Object.hasOwn(others, 'google')) {
    faults.push(excludes('GOOGLE_OAUTH_CREDENTIALS', 'the google of OAUTH2_CREDENTIALS'));
  }
  return Object.freeze({ ...others, ...(google && { google }) });
}
