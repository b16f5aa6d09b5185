import { invalidRequest } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import type { StdioSettings } from '@manifold/mcp-hosting';

/**
 * Returns the network of a stdio server: what is given, and else what is stored. An open network has no settings.
 * @throws ProblemError 400 if there are domains but no proxy
 */
export function networkSettings(
  settings: Pick<ServerSettings, 'network' | 'allowedDomains'>,
  before?: StdioSettings,
): Pick<StdioSettings, 'network' | 'allowedDomains'> {
  const network = settings.network ?? before?.network ?? 'open';
  if (network === 'proxy') {
    const allowedDomains = settings.allowedDomains ?? before?.allowedDomains;
    return { network, ...(allowedDomains && { allowedDomains: [...allowedDomains] }) };
  }
  if (settings.allowedDomains !== undefined) {
    const detail = 'allowedDomains needs network "proxy"';
    throw invalidRequest([{ pointer: '/allowedDomains', code: 'does_not_fit', detail }]);
  }
  return network === 'none' ? { network } : {};
}
