import type { ToolOAuthClients } from './config.js';
import type { Variables } from './variables.js';

/**
 * The OAuth clients for servers that authorize their users by tools of their own.
 * @param faults gets one line where a provider is named twice
 */
export function toolOAuthClients(
  { GOOGLE_OAUTH_CREDENTIALS: google, OAUTH2_CREDENTIALS: others }: Variables,
  faults: string[],
): ToolOAuthClients {
  if (google && Object.hasOwn(others, 'google')) {
    faults.push('GOOGLE_OAUTH_CREDENTIALS and the google of OAUTH2_CREDENTIALS exclude each other');
  }
  return Object.freeze({ ...others, ...(google && { google }) });
}
