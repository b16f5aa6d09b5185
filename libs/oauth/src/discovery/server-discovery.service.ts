import { Injectable } from '@nestjs/common';
import { PRODUCT_NAME, VERSION } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { bearerChallenge, type BearerChallenge } from '../protocol/bearer-challenge.js';
import type { OAuthMetadata } from '../protocol/metadata-documents.js';
import { Discovery, orElse, type FoundDocument } from './discovery.js';
import { MOST_SERVERS } from './vendor-corrections.js';
import { GatewayClient } from '../clients/gateway-client.js';
import { OAuthFlowError, requestError } from '../protocol/oauth-flow-error.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';

/** How the gateway would get a client id: by its metadata document, by dynamic registration, or by an operator's registration. */
export type RegistrationMode = 'cimd' | 'dcr' | 'manual';

export interface DiscoveredServer {
  /** URL of the server's own metadata; undefined if the server has none or was not asked. */
  readonly resourceMetadataUrl?: string;
  /** Resource for which tokens would be requested (RFC 8707). */
  readonly resource: string;
  /** Scopes that the server named when it refused a request without a token. */
  readonly challengedScopes: readonly string[];
  readonly scopes: readonly string[];
  /** Usable authorization servers, at least one. */
  readonly authorizationServers: readonly FoundDocument<OAuthMetadata>[];
  readonly registration: RegistrationMode;
}

const PROBE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: PRODUCT_NAME, version: VERSION } },
};

/** Discovers what a server requires of its users, for operators before they register it. Stores nothing. */
@Injectable()
export class ServerDiscovery {
  constructor(
    private readonly egress: Egress,
    private readonly discovery: Discovery,
    private readonly gateway: GatewayClient,
    private readonly limits: OAuthLimits,
  ) {}

  /**
   * @param issuer authorization server to query instead of those that the server names
   * @throws OAuthFlowError `discovery_failed`, `metadata_refused`, `unavailable`
   */
  async of(url: URL, issuer?: string): Promise<DiscoveredServer> {
    const signal = AbortSignal.timeout(this.limits.discoveryMs);
    try {
      const challenge = await this.challengeOf(url, signal);
      const { found, failure } =
        issuer === undefined ? await this.discovery.resourceMetadata(url, challenge?.resourceMetadata, signal) : {};
      const named = issuer === undefined ? (found?.content.authorization_servers ?? []) : [issuer];
      const asked = named.length > 0 ? named.slice(0, MOST_SERVERS) : [url.origin];
      const authorizationServers = await this.usable(asked, url, signal).catch(orElse(failure));
      return {
        resourceMetadataUrl: found?.url,
        resource: found?.content.resource ?? url.href,
        challengedScopes: challenge?.scopes ?? [],
        scopes: found?.content.scopes_supported ?? [],
        authorizationServers,
        registration: this.registrationAt(authorizationServers[0]!.content),
      };
    } catch (error) {
      if (signal.aborted)
        throw new OAuthFlowError('unavailable', `${url.host} took too long to send its OAuth metadata`);
      throw error;
    }
  }

  /** Returns the server's challenge to a request without a token. */
  private async challengeOf(url: URL, signal: AbortSignal): Promise<BearerChallenge | undefined> {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    try {
      const init = { method: 'POST', headers, body: JSON.stringify(PROBE), redirect: 'manual' as const, signal };
      const response = await this.egress.fetch(url, init);
      await response.body?.cancel();
      return response.status === 401 ? bearerChallenge(response.headers.get('www-authenticate')) : undefined;
    } catch (error) {
      throw requestError(error, url.host);
    }
  }

  private async usable(issuers: readonly string[], url: URL, signal: AbortSignal) {
    const asked = await Promise.allSettled(
      issuers.map((issuer) => this.discovery.authorizationServer(issuer, url, signal)),
    );
    const usable = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (usable.length > 0) return usable;
    const [first] = asked;
    if (first?.status === 'rejected') throw first.reason;
    throw new OAuthFlowError('discovery_failed', 'The server names no authorization server');
  }

  private registrationAt(metadata: OAuthMetadata): RegistrationMode {
    if (metadata.client_id_metadata_document_supported && this.gateway.hasDocument) return 'cimd';
    return metadata.registration_endpoint === undefined ? 'manual' : 'dcr';
  }
}
