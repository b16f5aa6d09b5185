import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Keyring } from '@manifold/secrets';
import { Store, type Collection, type Stored } from '@manifold/store';
import { Tenants } from '@manifold/tenants';
import type { BearerChallenge } from '../protocol/bearer-challenge.js';
import { ownerFields, ownerOf, sealedFor, type ConnectionOwner, type OwnerFields } from '../tokens/connection-owner.js';
import { CONNECT_PATH } from '../clients/gateway-client.js';
import type { ProtectedServer } from '../protocol/protected-server.js';
import { openJson, sealJson, type Sealed } from '../protocol/sealed-json.js';

/** Purpose of a link: one user connects to one server. */
export interface ConnectInvitation {
  readonly owner: ConnectionOwner;
  readonly server: ProtectedServer;
  /** Challenge with which the server refused the call that led to this link. */
  readonly challenge?: BearerChallenge;
  /** Name of the provider. It is set if the server authorizes its users with its own tools. */
  readonly provider?: string;
}

type LinkRecord = OwnerFields & Sealed;

const VALID_MS = 15 * 60 * 1000;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Returns the id under which a link is stored. Its 256 random bits cannot be guessed, so a plain SHA-256 is enough. */
const recordId = (token: string): string => hash('sha256', token, 'base64url');
const contextOf = (owner: OwnerFields, id: string): string[] => sealedFor(owner, 'link', id);

/**
 * Stores the links with which users connect to a server in a browser. They are kept in the store, so every replica knows them and a restart
 * loses none.
 *
 * 1. `create` when a call needs the user's consent.
 * 2. `look` when the page is opened. Mail scanners and browsers may open it any number of times.
 * 3. `consume` when the user presses the button.
 *
 * An unused link expires. A database dump contains no usable link.
 */
@Injectable()
export class ConnectLinks {
  private readonly links: Collection<LinkRecord>;

  constructor(
    store: Store,
    private readonly keyring: Keyring,
    private readonly config: Config,
    private readonly tenants: Tenants,
  ) {
    this.links = store.collection<LinkRecord>({
      name: 'oauth_connect_links',
      secret: true,
      indexes: [{ fields: ['tenant', 'server'] }, { fields: ['tenant', 'issuer', 'subject'] }],
    });
  }

  /** @returns a URL that is valid for 15 minutes and one use. Anyone who has it can use it, so show it to this user only */
  async create({ owner, server, challenge, provider }: ConnectInvitation): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const id = recordId(token);
    const fields = ownerFields(owner);
    const sealed = sealJson(this.keyring, { server, challenge, provider }, contextOf(fields, id));
    await this.links.insert({ ...fields, ...sealed }, { id, expiresAt: Date.now() + VALID_MS });
    return `${this.config.publicUrl}${CONNECT_PATH}/${encodeURIComponent(owner.server)}?link=${token}`;
  }

  /** Returns the purpose of the link, if it is usable now. It is not usable while its tenant is disabled. Changes nothing. */
  async look(server: string, token: unknown): Promise<ConnectInvitation | undefined> {
    if (typeof token !== 'string' || !TOKEN.test(token)) return undefined;
    const record = await this.links.get(recordId(token));
    if (record?.value.server !== server || !this.tenants.isEnabled(record.value.tenant)) return undefined;
    return this.opened(record);
  }

  /** Returns the same as `look`, but uses the link up. Only one of concurrent requests on all replicas succeeds. */
  async consume(server: string, token: string): Promise<ConnectInvitation | undefined> {
    const invitation = await this.look(server, token);
    return invitation && (await this.links.remove(recordId(token))) ? invitation : undefined;
  }

  async removeServer(tenant: string, server: string): Promise<void> {
    await this.links.removeWhere({ tenant, server });
  }

  async removeUser({ tenant, issuer, subject }: ConnectionOwner['principal']): Promise<void> {
    await this.links.removeWhere({ tenant, issuer, subject });
  }

  private async opened({ id, value }: Stored<LinkRecord>): Promise<ConnectInvitation> {
    const { server, challenge, provider } = await openJson<Omit<ConnectInvitation, 'owner'>>(
      this.keyring,
      value,
      contextOf(value, id),
    );
    return { owner: ownerOf(value), server, challenge, provider };
  }
}
