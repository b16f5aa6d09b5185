import { ApiError } from './api-error.js';
import type { Credential } from './accounts.js';
import type { Integration } from './catalogue.js';
import type { Exchange, ReceivedRequest } from '../http/exchange.js';
import type { ParagonState } from './paragon-state.js';

/**
 * Answers requests of the Connect SDK and gateways about the project and its user. `POST /sdk/portal` exists only in the simulator: it
 * stands for everything that a user does in the Connect Portal.
 * @throws ApiError
 */
export function answerZeus(user: string, request: ReceivedRequest, exchange: Exchange, state: ParagonState): void {
  const route = `${request.method} ${request.path.replace(/^\/projects\/[^/]+/, '')}`;
  if (route === 'GET /sdk/integrations') exchange.json(200, state.catalogue.all.map(sdkIntegration));
  else if (route === 'GET /sdk/me') exchange.json(200, sdkUser(user, state));
  else if (route === 'POST /sdk/portal') exchange.json(200, visitPortal(user, request.body, state));
  else throw new ApiError(404, `Cannot ${request.method} ${request.path}`, 'not_found');
}

function sdkIntegration({ key, id, name, isActive }: Integration): object {
  // `hasCredential` means that the project has an app at the provider, not that the user has an account.
  const shared = { id, name, isActive, hasCredential: true };
  if (!key.startsWith('custom.')) return { ...shared, type: key, customIntegrationId: null, customIntegration: null };
  const custom = { id: `custom-${id}`, name, slug: key.slice('custom.'.length) };
  return { ...shared, type: 'custom', customIntegrationId: custom.id, customIntegration: custom };
}

function sdkUser(user: string, { catalogue, accounts }: ParagonState): object {
  const integrations = catalogue.active.map(({ key }) => {
    const credential = accounts.credentialOf(user, key);
    return [key, { enabled: credential !== undefined, allCredentials: credential ? [credential] : [] }];
  });
  return { authenticated: true, userId: user, integrations: Object.fromEntries(integrations), meta: {}, resources: [] };
}

function visitPortal(user: string, body: unknown, state: ParagonState): Credential | { closed: true } {
  const key = (body as { integration?: unknown } | undefined)?.integration;
  const integration = state.catalogue.active.find((active) => active.key === key);
  if (!integration) throw new ApiError(404, 'There is no such integration', 'not_found');
  if (state.portal === 'closed') return { closed: true };
  if (state.portal === 'failed')
    throw new ApiError(400, `${integration.name} refused the account`, 'connection_failed');
  return state.accounts.connect(user, integration.key, integration.id);
}
