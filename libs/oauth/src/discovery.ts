import { Injectable } from '@nestjs/common';
import { buildDiscoveryUrls } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  OAuthMetadataSchema,
  OAuthProtectedResourceMetadataSchema,
  type OAuthMetadata,
  type OAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { checkAuthorizationServer, checkResource, checkUrl, isSameIssuer } from './metadata-rules.js';
import { OAuthFault } from './oauth-fault.js';
import { OAuthHttp } from './oauth-http.js';
import { OAuthLimits } from './oauth-limits.js';
import type { AuthorizationTarget, ProtectedServer } from './protected-server.js';

const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

interface Parser<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** A document that has been checked, and where it was. */
export interface FoundDocument<T> {
  readonly url: string;
  readonly content: T;
}

/**
 * Finds out who issues the tokens of a server (MCP, authorization, "Authorization Server Discovery"):
 * 1. the metadata of the resource: where the challenge says, else at the well-known path of the endpoint, else at that of the host;
 * 2. the authorization server that it names; the server's own host where there is no such metadata (revision 2025-03-26);
 * 3. the metadata of that: RFC 8414, then OpenID Connect discovery.
 *
 * Everything is checked before anything is used: rules in `metadata-rules.ts`.
 */
@Injectable()
export class Discovery {
  constructor(
    private readonly http: OAuthHttp,
    private readonly limits: OAuthLimits,
  ) {}

  /** @throws OAuthFault `discovery_failed`, `metadata_refused`, `unavailable` */
  async discover(
    server: ProtectedServer,
    challenge?: BearerChallenge,
    signal?: AbortSignal,
  ): Promise<AuthorizationTarget> {
    const url = checkUrl(server.url, 'URL', new URL(server.url));
    const resource = (await this.resourceMetadata(url, challenge?.resourceMetadata, signal))?.content;
    const issuer = chooseIssuer(resource?.authorization_servers, server, url);
    const { content } = await this.authorizationServer(issuer, url, signal);
    return { metadata: content, resource: resource?.resource ?? server.url, scopes: resource?.scopes_supported ?? [] };
  }

  /**
   * What the server says of itself.
   * @param named where its challenge says that it does
   * @throws as `discover`
   */
  async resourceMetadata(
    server: URL,
    named: string | undefined,
    signal?: AbortSignal,
  ): Promise<FoundDocument<OAuthProtectedResourceMetadata> | undefined> {
    const path = server.pathname.replace(/\/$/, '');
    const wellKnown = [`${RESOURCE_METADATA}${path}${server.search}`, RESOURCE_METADATA];
    const places = wellKnown.map((place) => new URL(place, server).href);
    if (named !== undefined) places.unshift(checkUrl(named, 'metadata URL', server).href);
    for (const place of new Set(places)) {
      const content = await this.document(place, OAuthProtectedResourceMetadataSchema, signal);
      if (!content) continue;
      checkResource(content.resource, server);
      return { url: place, content };
    }
    return undefined;
  }

  /** What an authorization server says of itself. @throws as `discover` */
  async authorizationServer(issuer: string, server: URL, signal?: AbortSignal): Promise<FoundDocument<OAuthMetadata>> {
    for (const { url } of buildDiscoveryUrls(checkUrl(issuer, 'authorization server', server))) {
      const content = await this.document(url.href, OAuthMetadataSchema, signal);
      if (!content) continue;
      checkAuthorizationServer(content, issuer, server);
      return { url: url.href, content };
    }
    throw new OAuthFault('discovery_failed', 'The authorization server of the server does not describe itself');
  }

  /** @returns undefined where there is no such document */
  private async document<T>(url: string, schema: Parser<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
    const { host } = new URL(url);
    const headers = { accept: 'application/json' };
    const response = await this.http.fetch(url, { headers, signal, timeoutMs: this.limits.metadataMs });
    if (response.status >= 500) throw new OAuthFault('unavailable', `${host} answered HTTP ${response.status}`);
    if (!response.ok) return undefined;
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new OAuthFault('metadata_refused', `The metadata of ${host} is not valid`);
  }
}

function chooseIssuer(named: readonly string[] = [], { client }: ProtectedServer, url: URL): string {
  if (!client) return named[0] ?? url.origin;
  const own = named.find((issuer) => isSameIssuer(issuer, client.issuer));
  if (own === undefined && named.length > 0) {
    throw new OAuthFault('metadata_refused', 'The server names another authorization server than its client is for');
  }
  return own ?? client.issuer;
}
