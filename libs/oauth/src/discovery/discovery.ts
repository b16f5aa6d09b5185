import { Injectable } from '@nestjs/common';
import { withoutSlashes } from '@manifold/async';
import { EgressError } from '@manifold/egress';
import type { BearerChallenge } from '../protocol/bearer-challenge.js';
import { jsonObject, type JsonObject } from '../protocol/lenient-json.js';
import {
  readAuthorizationServer,
  readResourceMetadata,
  type OAuthMetadata,
  type ResourceMetadata,
} from '../protocol/metadata-documents.js';
import {
  checkAuthorizationServer,
  checkResource,
  checkUrl,
  type MetadataAllowances,
} from '../protocol/metadata-rules.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { OAuthHttp } from '../protocol/oauth-http.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import type { AuthorizationTarget, ProtectedServer } from '../protocol/protected-server.js';
import { allowancesOf, chooseIssuers, isByHand, metadataByHand, withEndpoints } from './vendor-corrections.js';

const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

/** Validated document with the URL where it was found. */
export interface FoundDocument<T> {
  readonly url: string;
  readonly content: T;
}

/** Outcome of a search at several places. */
interface Search<T> {
  readonly found?: FoundDocument<T>;
  /** Why the first place that has an unusable document was passed over. */
  readonly refusal?: OAuthFlowError;
  /** Why the first place that gave no document was passed over, if it answered neither 404 nor another 4xx. */
  readonly failure?: OAuthFlowError;
}

/**
 * Discovers the authorization server of a server (MCP, authorization, "Authorization Server Discovery"):
 * 1. It reads the metadata of the resource: at the URL in the challenge, else at the well-known path of the endpoint, else at that of the
 *    host.
 * 2. It takes the first usable authorization server that the metadata names. Without such metadata, it takes the server's own host
 *    (revision 2025-03-26).
 * 3. It reads the metadata of that authorization server: RFC 8414, then OpenID Connect discovery.
 *
 * A place that answers with a failure, or with anything but usable metadata, does not end the search: the next place is asked. Only an
 * address that may not be dialled ends it. Everything is validated before it is used; the rules are in `metadata-rules.ts`.
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
    return this.inTime(url, signal, async (until) => {
      const own = this.resourceMetadata(url, challenge?.resourceMetadata, until);
      const { found, failure } = await (isByHand(server) ? own.catch(() => ({}) as Search<ResourceMetadata>) : own);
      const resource = found?.content;
      const metadata =
        metadataByHand(server) ??
        (await this.firstUsable(chooseIssuers(resource?.authorization_servers ?? [], server, url), server, until).catch(
          orElse(failure),
        ));
      return {
        metadata: withEndpoints(metadata, server, url),
        resource: resource?.resource ?? server.url,
        indicator: server.vendor?.resource,
        scopes: resource?.scopes_supported ?? [],
      };
    });
  }

  /**
   * Reads the server's own metadata.
   * @param named URL of the metadata in the server's challenge
   * @returns without a document if there is none; then with the failure of the first place that did not answer properly
   * @throws as `discover`, if there is only metadata that violates a rule
   */
  async resourceMetadata(
    server: URL,
    named: string | undefined,
    signal?: AbortSignal,
  ): Promise<Pick<Search<ResourceMetadata>, 'found' | 'failure'>> {
    const path = server.pathname.replace(/\/$/, '');
    const wellKnown = [`${RESOURCE_METADATA}${path}${server.search}`, RESOURCE_METADATA];
    const places = wellKnown.map((place) => new URL(place, server).href);
    if (named !== undefined) places.unshift(checkUrl(named, 'metadata URL', server).href);
    const read = (document: JsonObject): ResourceMetadata | undefined => {
      if (!isAboutResource(document)) return undefined;
      const content = readResourceMetadata(document);
      checkResource(content.resource, server);
      return content;
    };
    const { found, failure, refusal } = await this.search(places, read, signal);
    if (!found && refusal) throw refusal;
    return { found, failure };
  }

  /**
   * Reads the metadata of an authorization server.
   * @throws as `discover`
   */
  async authorizationServer(
    issuer: string,
    server: URL,
    signal?: AbortSignal,
    allowances?: MetadataAllowances,
  ): Promise<FoundDocument<OAuthMetadata>> {
    const places = placesOf(checkUrl(issuer, 'authorization server', server));
    const read = (document: JsonObject): OAuthMetadata => {
      const content = readAuthorizationServer(document);
      checkAuthorizationServer(content, issuer, server, allowances);
      return content;
    };
    const { found, failure, refusal } = await this.search(places, read, signal);
    if (found) return found;
    throw refusal ?? failure ?? noMetadata();
  }

  private async firstUsable(issuers: readonly string[], server: ProtectedServer, signal: AbortSignal) {
    const url = new URL(server.url);
    let first: OAuthFlowError | undefined;
    for (const issuer of issuers) {
      try {
        return (await this.authorizationServer(issuer, url, signal, allowancesOf(server))).content;
      } catch (error) {
        if (!(error instanceof OAuthFlowError)) throw error;
        first ??= error;
      }
    }
    throw first ?? noMetadata();
  }

  private async search<T>(
    places: readonly string[],
    read: (document: JsonObject) => T | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Search<T>> {
    let failure: OAuthFlowError | undefined;
    let refusal: OAuthFlowError | undefined;
    for (const url of new Set(places)) {
      const document = await this.document(url, signal).catch(passedOver);
      if (document instanceof OAuthFlowError) failure ??= document;
      else if (document) {
        try {
          const content = read(document);
          if (content) return { found: { url, content } };
        } catch (error) {
          refusal ??= passedOver(error);
        }
      }
    }
    return { failure, refusal };
  }

  /** @returns undefined if there is no such document */
  private async document(url: string, signal: AbortSignal | undefined): Promise<JsonObject | undefined> {
    const { host } = new URL(url);
    const headers = { accept: 'application/json' };
    const response = await this.http.fetch(url, { headers, signal, timeoutMs: this.limits.metadataMs });
    if (response.status >= 500) throw new OAuthFlowError('unavailable', `${host} answered HTTP ${response.status}`);
    if (!response.ok) return undefined;
    const document = jsonObject(await response.text());
    if (document) return document;
    throw new OAuthFlowError('metadata_refused', `The metadata of ${host} is no JSON object`);
  }

  /** Gives all requests of a discovery one deadline, besides that of each request. */
  private async inTime<T>(server: URL, signal: AbortSignal | undefined, task: (until: AbortSignal) => Promise<T>) {
    const deadline = AbortSignal.timeout(this.limits.discoveryMs);
    try {
      return await task(signal ? AbortSignal.any([signal, deadline]) : deadline);
    } catch (error) {
      signal?.throwIfAborted();
      if (!deadline.aborted || error instanceof OAuthFlowError) throw error;
      throw new OAuthFlowError('unavailable', `The OAuth metadata of ${server.host} took too long`, { cause: error });
    }
  }
}

/** Returns the places of an authorization server's metadata, in the order of MCP. Those of an issuer without a path are equal in part. */
function placesOf({ origin, pathname }: URL): string[] {
  const path = withoutSlashes(pathname);
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Returns whether a document is meant as metadata. Some hosts answer unknown paths with other JSON and status 200. */
const isAboutResource = (document: JsonObject): boolean =>
  document.resource !== undefined || document.authorization_servers !== undefined;

/** Returns the error of a place at which the search goes on. */
function passedOver(error: unknown): OAuthFlowError {
  if (!(error instanceof OAuthFlowError) || isForbidden(error.cause)) throw error;
  return error;
}

const isForbidden = (cause: unknown): boolean =>
  cause instanceof EgressError && (cause.code === 'address_forbidden' || cause.code === 'unsupported_url');

/** Says what was wrong with the server's own metadata where nothing else was found. */
export const orElse =
  (failure: OAuthFlowError | undefined) =>
  (error: unknown): never => {
    throw error instanceof OAuthFlowError && error.code === 'discovery_failed' ? (failure ?? error) : error;
  };

const noMetadata = (): OAuthFlowError =>
  new OAuthFlowError('discovery_failed', 'The authorization server of the server publishes no metadata');
