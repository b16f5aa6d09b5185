import { Injectable } from '@nestjs/common';
import type { OAuthMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import { PRODUCT_NAME, VERSION } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { bearerChallenge, type BearerChallenge } from './bearer-challenge.js';
import { Discovery, type FoundDocument } from './discovery.js';
import { GatewayClient } from './gateway-client.js';
import { OAuthFault, requestFault } from './oauth-fault.js';
import { OAuthLimits } from './oauth-limits.js';

/** How the gateway would become a client: by its metadata document, by dynamic registration, or registered by an operator. */
export type RegistrationMode = 'cimd' | 'dcr' | 'manual';

export interface Survey {
  /** Where the server's own metadata is; undefined where it has none, or was not asked. */
  readonly resourceMetadataUrl?: string;
  /** What tokens would be for (RFC 8707). */
  readonly resource: string;
  /** What the server asked for when it refused a request without a token. */
  readonly challengedScopes: readonly string[];
  readonly scopes: readonly string[];
  /** Those that can be used, at least one. */
  readonly authorizationServers: readonly FoundDocument<OAuthMetadata>[];
  readonly registration: RegistrationMode;
}

/** More than that a server names only to have requests made. */
const MOST_SERVERS = 5;

const PROBE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: PRODUCT_NAME, version: VERSION } },
};

/** What a server that nobody has registered yet wants of its users: for operators, before they register it. Nothing is kept. */
@Injectable()
export class ServerSurvey {
  constructor(
    private readonly egress: Egress,
    private readonly discovery: Discovery,
    private readonly gateway: GatewayClient,
    private readonly limits: OAuthLimits,
  ) {}

  /**
   * @param issuer asked instead of what the server names
   * @throws OAuthFault `discovery_failed`, `metadata_refused`, `unavailable`
   */
  async of(url: URL, issuer?: string): Promise<Survey> {
    const signal = AbortSignal.timeout(this.limits.surveyMs);
    try {
      const challenge = await this.challengeOf(url, signal);
      const found =
        issuer === undefined
          ? await this.discovery.resourceMetadata(url, challenge?.resourceMetadata, signal)
          : undefined;
      const named = issuer === undefined ? (found?.content.authorization_servers ?? [url.origin]) : [issuer];
      const authorizationServers = await this.usable(named.slice(0, MOST_SERVERS), url, signal);
      return {
        resourceMetadataUrl: found?.url,
        resource: found?.content.resource ?? url.href,
        challengedScopes: challenge?.scopes ?? [],
        scopes: found?.content.scopes_supported ?? [],
        authorizationServers,
        registration: this.registrationAt(authorizationServers[0]!.content),
      };
    } catch (error) {
      if (signal.aborted) throw new OAuthFault('unavailable', `${url.host} took too long to describe itself`);
      throw error;
    }
  }

  /** What the server answers to a request without a token. */
  private async challengeOf(url: URL, signal: AbortSignal): Promise<BearerChallenge | undefined> {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    try {
      const init = { method: 'POST', headers, body: JSON.stringify(PROBE), redirect: 'manual' as const, signal };
      const response = await this.egress.fetch(url, init);
      await response.body?.cancel();
      return response.status === 401 ? bearerChallenge(response.headers.get('www-authenticate')) : undefined;
    } catch (error) {
      throw requestFault(error, url.host);
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
    throw new OAuthFault('discovery_failed', 'The server names no authorization server');
  }

  private registrationAt(metadata: OAuthMetadata): RegistrationMode {
    if (metadata.client_id_metadata_document_supported && this.gateway.hasDocument) return 'cimd';
    return metadata.registration_endpoint === undefined ? 'manual' : 'dcr';
  }
}
