import { Injectable } from '@nestjs/common';
import { buildDiscoveryUrls } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  OAuthMetadataSchema,
  OAuthProtectedResourceMetadataSchema,
  type OAuthMetadata,
  type OAuthProtectedResourceMetadata,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { BearerChallenge } from '../protocol/bearer-challenge.js';
import { checkAuthorizationServer, checkResource, checkUrl, isSameIssuer } from '../protocol/metadata-rules.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { OAuthHttp } from '../protocol/oauth-http.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import type { AuthorizationTarget, ProtectedServer } from '../protocol/protected-server.js';

const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

interface Parser<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** Validated document with the URL where it was found. */
export interface FoundDocument<T> {
  readonly url: string;
  readonly content: T;
}

/**
 * Discovers the authorization server of a server (MCP, authorization, "Authorization Server Discovery"):
 * 1. It reads the metadata of the resource: at the URL in the challenge, else at the well-known path of the endpoint, else at that of the
 *    host.
 * 2. It takes the authorization server that the metadata names. Without such metadata, it takes the server's own host (revision
 *    2025-03-26).
 * 3. It reads the metadata of that authorization server: RFC 8414, then OpenID Connect discovery.
 *
 * It validates everything before it uses anything; the rules are in `metadata-rules.ts`.
 */
@Injectable()
export class Discovery {
  constructor(
    private readonly http: OAuthHttp,
    private readonly limits: OAuthLimits,
  ) {}

  /** @throws OAuthFlowError `discovery_failed`, `metadata_refused`, `unavailable` */
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
   * Reads the server's own metadata.
   * @param named URL of the metadata in the server's challenge
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

  /**
   * Reads the metadata of an authorization server.
   * @throws as `discover`
   */
  async authorizationServer(issuer: string, server: URL, signal?: AbortSignal): Promise<FoundDocument<OAuthMetadata>> {
    for (const { url } of buildDiscoveryUrls(checkUrl(issuer, 'authorization server', server))) {
      const content = await this.document(url.href, OAuthMetadataSchema, signal);
      if (!content) continue;
      checkAuthorizationServer(content, issuer, server);
      return { url: url.href, content };
    }
    throw new OAuthFlowError('discovery_failed', 'The authorization server of the server publishes no metadata');
  }

  /** @returns undefined if there is no such document */
  private async document<T>(url: string, schema: Parser<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
    const { host } = new URL(url);
    const headers = { accept: 'application/json' };
    const response = await this.http.fetch(url, { headers, signal, timeoutMs: this.limits.metadataMs });
    if (response.status >= 500) throw new OAuthFlowError('unavailable', `${host} answered HTTP ${response.status}`);
    if (!response.ok) return undefined;
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new OAuthFlowError('metadata_refused', `The metadata of ${host} is not valid`);
  }
}

function chooseIssuer(named: readonly string[] = [], { client }: ProtectedServer, url: URL): string {
  if (!client) return named[0] ?? url.origin;
  const own = named.find((issuer) => isSameIssuer(issuer, client.issuer));
  if (own === undefined && named.length > 0) {
    throw new OAuthFlowError(
      'metadata_refused',
      'The server names an authorization server that its manually registered client does not belong to',
    );
  }
  return own ?? client.issuer;
}
