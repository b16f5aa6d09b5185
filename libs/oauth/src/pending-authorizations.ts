import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Keyring } from '@manifold/secrets';
import { Store, type Collection } from '@manifold/store';
import { Tenants } from '@manifold/tenants';
import { browserOf, newBrowser, setCookie } from './browser-cookie.js';
import { ownerFields, ownerOf, sealedFor, type ConnectionOwner, type OwnerFields } from './connection-owner.js';
import type { TokenIssuer } from './connection-tokens.js';
import { GatewayClient } from './gateway-client.js';
import { OAuthFault } from './oauth-fault.js';
import type { RegisteredClient } from './protected-server.js';
import { openJson, sealJson, type Sealed } from './sealed-json.js';

type PendingRecord = OwnerFields & Sealed;

/** What a flow needs to know when the browser comes back. */
export interface PendingFlow {
  readonly codeVerifier: string;
  /** As asked for. */
  readonly scopes: readonly string[];
  readonly resource: string;
  readonly issuer: TokenIssuer;
  /** The authorization server has promised to name itself in its answers (RFC 9207). */
  readonly namesItself: boolean;
  readonly client: RegisteredClient;
}

/** What is sealed: the flow, whose it is to finish, and a digest of the cookie of the browser that it started in. */
interface BoundFlow {
  readonly kind: string;
  readonly browser: string;
  readonly flow: object;
}

export interface StartedFlow<T> {
  readonly owner: ConnectionOwner;
  readonly flow: T;
}

const PENDING_SECONDS = 600;
const STATE = /^[A-Za-z0-9_-]{43}$/;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
const contextOf = (owner: OwnerFields, id: string): string[] => sealedFor(owner, 'authorization', id);

/**
 * Flows that have gone to an authorization server and not come back. What is stored does not let anybody finish one: states lie there as
 * digests, all else sealed.
 */
@Injectable()
export class PendingAuthorizations {
  private readonly records: Collection<PendingRecord>;

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    private readonly gateway: GatewayClient,
    private readonly tenants: Tenants,
  ) {
    this.records = store.collection<PendingRecord>({
      name: 'oauth_authorizations',
      secret: true,
      indexes: [{ fields: ['tenant', 'server'] }, { fields: ['tenant', 'issuer', 'subject'] }],
    });
  }

  static newState(): string {
    return randomBytes(32).toString('base64url');
  }

  /**
   * @param kind which callback it comes back to: a state is good for no other
   * @param cookies the `Cookie` header of the browser's request
   * @returns the `Set-Cookie` header of the answer
   */
  async add(kind: string, state: string, started: StartedFlow<object>, cookies: string | undefined): Promise<string> {
    const { isPlain } = this.gateway;
    const browser = browserOf(cookies, isPlain) ?? newBrowser();
    const id = digest(state);
    const fields = ownerFields(started.owner);
    const bound: BoundFlow = { kind, browser: digest(browser), flow: started.flow };
    const record = { ...fields, ...sealJson(this.keyring, bound, contextOf(fields, id)) };
    await this.records.insert(record, { id, expiresAt: Date.now() + PENDING_SECONDS * 1000 });
    return setCookie(browser, isPlain, PENDING_SECONDS);
  }

  /**
   * Ends the flow of this state: of any number of callers, at most one gets it, once. A state that shows up in another browser is spent,
   * too: somebody has got hold of it. So is one of a tenant that has been disabled meanwhile.
   * @param cookies the `Cookie` header of the browser's request
   * @throws OAuthFault `state_invalid`
   */
  async take<T>(kind: string, state: string, cookies: string | undefined): Promise<StartedFlow<T>> {
    const id = STATE.test(state) ? digest(state) : '';
    const record = id === '' ? undefined : await this.records.get(id);
    if (!record || !(await this.records.remove(id)) || !this.tenants.isEnabled(record.value.tenant)) throw invalid();
    const bound = await openJson<BoundFlow>(this.keyring, record.value, contextOf(record.value, id));
    const browser = browserOf(cookies, this.gateway.isPlain);
    if (browser === undefined || digest(browser) !== bound.browser || bound.kind !== kind) throw invalid();
    return { owner: ownerOf(record.value), flow: bound.flow as T };
  }

  async removeServer(tenant: string, server: string): Promise<void> {
    await this.records.removeWhere({ tenant, server });
  }

  async removeUser({ tenant, issuer, subject }: ConnectionOwner['principal']): Promise<void> {
    await this.records.removeWhere({ tenant, issuer, subject });
  }
}

/** The same words for every reason: an outsider learns nothing about which states exist. */
const invalid = (): OAuthFault =>
  new OAuthFault('state_invalid', 'This answer belongs to no connection that was started in this browser: start again');
