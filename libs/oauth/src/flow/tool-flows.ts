import { Injectable } from '@nestjs/common';
import { generateRandomState } from 'oauth4webapi';
import type { Callback, Connected, AuthorizationRedirect } from './connect-flow.js';
import type { ConnectionOwner } from '../tokens/connection-owner.js';
import { takesTokens } from '../tokens/connection-tokens.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { accessDenied } from '../protocol/vendor-error.js';
import { PendingAuthorizations } from './pending-authorizations.js';

/** Returns the callback path of a provider, below the gateway's URL. Operators register it at the provider. */
export const toolCallbackPath = (provider: string): string => `/auth/${provider}/callback`;

/** Steps that servers perform with their own tools. The library that hosts the servers implements them. Both reject with OAuthFlowError. */
export interface ToolFlow {
  /** @returns the provider's consent page, as the server names it */
  authorizationUrl(owner: ConnectionOwner, provider: string): Promise<URL>;
  /**
   * Lets the server exchange the code for tokens and keep them.
   * @param state the state that the server put into its URL
   */
  exchange(owner: ConnectionOwner, provider: string, code: string, state: string | undefined): Promise<void>;
}

/** Data that a flow needs when the browser returns. */
interface PendingToolFlow {
  /** State that the server chose. The server may identify the user by it. */
  readonly state?: string;
}

const kindOf = (provider: string): string => `tools of ${provider}`;

/**
 * Runs flows that registered servers implement with tools.
 *
 * The gateway replaces the state with its own, as in every other flow: random, valid once, for ten minutes, and only in the browser that
 * started the flow. States that servers create themselves could be forged, for example a user name in JSON.
 */
@Injectable()
export class ToolFlows {
  private tools?: ToolFlow;

  constructor(private readonly pending: PendingAuthorizations) {}

  /** Sets the implementation of the tool steps. The library that hosts the servers calls it once. */
  runBy(tools: ToolFlow): void {
    this.tools = tools;
  }

  /** @throws OAuthFlowError; errors of the store */
  async start(owner: ConnectionOwner, provider: string, cookies: string | undefined): Promise<AuthorizationRedirect> {
    const url = await this.flow.authorizationUrl(owner, provider);
    if (!takesTokens(url.href)) {
      throw new OAuthFlowError('metadata_refused', 'The sign-in address of the server is not an https URL');
    }
    const flow: PendingToolFlow = { state: url.searchParams.get('state') ?? undefined };
    const state = generateRandomState();
    url.searchParams.set('state', state);
    const setCookie = await this.pending.add(kindOf(provider), state, { owner, flow }, cookies);
    return { authorizationUrl: url.href, setCookie };
  }

  /** @throws OAuthFlowError; errors of the store */
  async finish(provider: string, callback: Callback, cookies: string | undefined): Promise<Connected> {
    const { state = '', code, error } = callback;
    const { owner, flow } = await this.pending.take<PendingToolFlow>(kindOf(provider), state, cookies);
    if (error !== undefined || code === undefined) throw accessDenied(callback, { state, ownState: flow.state });
    await this.flow.exchange(owner, provider, code, flow.state);
    return { owner, scopes: [] };
  }

  private get flow(): ToolFlow {
    if (!this.tools) throw new Error('No servers are hosted');
    return this.tools;
  }
}
