import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Keyring } from '@manifold/secrets';
import { Store, type Collection } from '@manifold/store';
import { Tenants } from '@manifold/tenants';
import { browserOf, newBrowser, setCookie } from './browser-cookie.js';
import { ownerFields, ownerOf, sealedFor, type ConnectionOwner, type OwnerFields } from '../tokens/connection-owner.js';
import type { TokenIssuer } from '../tokens/connection-tokens.js';
import { GatewayClient } from '../clients/gateway-client.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import type { RegisteredClient } from '../protocol/protected-server.js';
import { openJson, sealJson, type Sealed } from '../protocol/sealed-json.js';

type PendingRecord = OwnerFields & Sealed;

/** Data that a flow needs when the browser returns. */
export interface PendingFlow {
  readonly codeVerifier: string;
  /** Requested scopes. */
  readonly scopes: readonly string[];
  readonly resource: string;
  /** See ConnectionTokens. */
  readonly indicator?: string | null;
  readonly issuer: TokenIssuer;
  /** Other issuers that the authorization server may name in its response; an operator has set them. */
  readonly issuerAliases?: readonly string[];
  /** Whether the authorization server has declared that it names itself in its responses (RFC 9207). */
  readonly namesItself: boolean;
  readonly client: RegisteredClient;
}

/** Sealed data: the kind of the flow, the flow, and a digest of the cookie of the browser that started it. */
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
 * Stores flows whose browser has not returned from the authorization server yet. The stored data is not enough to finish a flow: states are
 * stored as digests, and all other data is sealed, except the owner.
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

  /**
   * @param kind callback to which the browser returns; the state is valid for no other callback
   * @param cookies the `Cookie` header of the browser's request
   * @returns the `Set-Cookie` header of the response
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
   * Ends the flow of this state and returns it. At most one caller gets it, once. If the state comes from another browser, it has leaked
   * and becomes invalid too. A state of a tenant that was disabled meanwhile becomes invalid as well.
   * @param cookies the `Cookie` header of the browser's request
   * @throws OAuthFlowError `state_invalid`
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

/** Returns the same error for every reason, so that an outsider learns nothing about existing states. */
const invalid = (): OAuthFlowError =>
  new OAuthFlowError(
    'state_invalid',
    'This answer does not belong to a connection that was started in this browser: start again',
  );
