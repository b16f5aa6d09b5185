import { Injectable } from '@nestjs/common';
import type { Callback, Connected, Departure } from './connect-flow.js';
import type { ConnectionOwner } from './connection-owner.js';
import { takesTokens } from './connection-tokens.js';
import { OAuthFault } from './oauth-fault.js';
import { PendingAuthorizations } from './pending-authorizations.js';

/** Where a provider sends browsers back to, below the gateway's URL: what operators register there. */
export const toolCallbackPath = (provider: string): string => `/auth/${provider}/callback`;

/** What servers do by tools of their own. Who hosts the servers calls them. Both reject with OAuthFault. */
export interface ToolFlow {
  /** @returns the page of the provider on which the user consents, as the server names it */
  authorizationUrl(owner: ConnectionOwner, provider: string): Promise<URL>;
  /**
   * Makes the code into tokens, and keeps them.
   * @param state the one that the server has put into its URL
   */
  exchange(owner: ConnectionOwner, provider: string, code: string, state: string | undefined): Promise<void>;
}

/** What a flow needs to know when the browser comes back. */
interface PendingToolFlow {
  /** As the server chose it: it may tell by it who comes back. */
  readonly state?: string;
}

const kindOf = (provider: string): string => `tools of ${provider}`;

/**
 * Flows that registered servers run by tools. The state that travels is the gateway's own, like that of every other flow: random, good
 * once, for ten minutes, and in the browser that started. What servers make up themselves (a user name in JSON, say) anybody could forge.
 */
@Injectable()
export class ToolFlows {
  private tools?: ToolFlow;

  constructor(private readonly pending: PendingAuthorizations) {}

  /** For whoever hosts the servers, once. */
  runBy(tools: ToolFlow): void {
    this.tools = tools;
  }

  /** @throws OAuthFault; errors of the store */
  async start(owner: ConnectionOwner, provider: string, cookies: string | undefined): Promise<Departure> {
    const url = await this.flow.authorizationUrl(owner, provider);
    if (!takesTokens(url.href)) {
      throw new OAuthFault('metadata_refused', 'The address to sign in at that the server names is not an https URL');
    }
    const flow: PendingToolFlow = { state: url.searchParams.get('state') ?? undefined };
    const state = PendingAuthorizations.newState();
    url.searchParams.set('state', state);
    const setCookie = await this.pending.add(kindOf(provider), state, { owner, flow }, cookies);
    return { authorizationUrl: url.href, setCookie };
  }

  /** @throws OAuthFault; errors of the store */
  async finish(
    provider: string,
    { state = '', code, error }: Callback,
    cookies: string | undefined,
  ): Promise<Connected> {
    const { owner, flow } = await this.pending.take<PendingToolFlow>(kindOf(provider), state, cookies);
    if (error !== undefined || code === undefined) {
      throw new OAuthFault('authorization_denied', 'Access was not granted');
    }
    await this.flow.exchange(owner, provider, code, flow.state);
    return { owner, scopes: [] };
  }

  private get flow(): ToolFlow {
    if (!this.tools) throw new Error('No servers are hosted');
    return this.tools;
  }
}
