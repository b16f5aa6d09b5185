import { ApiError } from './api-error.js';
import { Accounts, type Credential } from './accounts.js';
import { Catalogue } from './catalogue.js';
import { defaultCatalogue } from './default-catalogue.js';

/** The outcome of the Connect Portal: the account is connected, connecting fails, or the user closes the portal first. */
export type PortalOutcome = 'connected' | 'failed' | 'closed';

/** The state of the simulated Paragon for one project. */
export class ParagonState {
  readonly catalogue = new Catalogue(defaultCatalogue());
  readonly accounts = new Accounts();
  notConnectedStatus: 400 | 404 = 400;
  portal: PortalOutcome = 'connected';

  constructor(readonly projectId: string) {}

  /** @throws ApiError if the user has no account with the integration */
  accountOf(user: string, integration: string): Credential {
    const credential = this.accounts.credentialOf(user, integration);
    const known = this.catalogue.get(integration);
    if (credential && known?.isActive) return credential;
    const meta = { projectId: this.projectId, integrationId: known?.id ?? '', endUserId: user };
    throw new ApiError(this.notConnectedStatus, 'Integration not enabled for user.', 'integration_not_enabled', meta);
  }
}
