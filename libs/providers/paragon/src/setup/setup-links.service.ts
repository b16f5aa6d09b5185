import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config, ParagonConfig } from '@manifold/config';
import { Store, type Collection, type CollectionSpec } from '@manifold/store';
import { Tenants } from '@manifold/tenants';
import type { BackendCaller } from '@manifold/tool-provider';
import { UserTokens } from '../user-tokens.service.js';

/** The purpose of a setup link: one user of the project connects one integration. */
export type SetupLink = BackendCaller & {
  projectId: string;
  /** Paragon's key of the integration: `slack`, `custom.spotify`. */
  integration: string;
};

/** A setup link that can be used now. */
export interface UsableSetupLink extends SetupLink {
  /** The Paragon user for whom the integration is connected. */
  readonly user: string;
}

/** Stored by the hash of the token, so a database dump has no usable link. The record has the expiry time. */
const SETUP_LINKS: CollectionSpec<SetupLink> = { name: 'paragon_setup_links' };

const VALID_MS = 15 * 60 * 1000;

/**
 * Manages links with which a user connects an integration in a browser. They are in the store, so all replicas know them and a restart
 * keeps them.
 *
 * 1. `create` runs if a call needs an integration that the user has not connected. 2. `look` runs each time that a browser or a mail
 * scanner opens the page. 3. `consume` runs when the user presses the button. An unused link expires.
 */
@Injectable()
export class SetupLinks {
  private readonly links: Collection<SetupLink>;

  constructor(
    store: Store,
    private readonly project: ParagonConfig,
    private readonly config: Config,
    private readonly tenants: Tenants,
    private readonly tokens: UserTokens,
  ) {
    this.links = store.collection(SETUP_LINKS);
  }

  /** @returns a URL that works once, for 15 minutes. It needs no other credential, so only this user must see it */
  async create({ tenant, issuer, subject, method }: Principal, integration: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const link: SetupLink = { projectId: this.project.projectId, tenant, issuer, subject, method, integration };
    await this.links.insert(link, { id: recordId(token), expiresAt: Date.now() + VALID_MS });
    return `${this.config.publicUrl}/setup?token=${token}`;
  }

  /**
   * Returns the link if it can be used now. A link of a disabled tenant, or of a user whom the project does not serve, cannot be used.
   * Changes nothing.
   */
  async look(token: string): Promise<UsableSetupLink | undefined> {
    const link = (await this.links.get(recordId(token)))?.value;
    if (link?.projectId !== this.project.projectId || !this.tenants.isEnabled(link.tenant)) return undefined;
    const user = this.tokens.userOf(link);
    return user === undefined ? undefined : { ...link, user };
  }

  /** Returns the link and deletes it. If several requests on any replicas try at the same time, only one gets it. */
  async consume(token: string): Promise<UsableSetupLink | undefined> {
    const link = await this.look(token);
    return link && (await this.links.remove(recordId(token))) ? link : undefined;
  }
}

/** Hashes the token. It has 256 random bits and cannot be guessed, so a plain SHA-256 is enough. */
const recordId = (token: string): string => hash('sha256', token, 'base64url');
