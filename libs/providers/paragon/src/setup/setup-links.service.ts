import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config, ParagonConfig } from '@manifold/config';
import { Store, type Collection, type CollectionSpec } from '@manifold/store';
import { Tenants } from '@manifold/tenants';

/** What a setup link is for: one user of the project connects one integration. */
export type SetupLink = {
  projectId: string;
  tenant: string;
  /** Whose integration it becomes: the Paragon user. */
  subject: string;
  /** Paragon's name of the integration: `slack`, `custom.spotify`. */
  integration: string;
};

/** Found by the hash of the token: a dump of the database holds no link that works. The expiry is the record's. */
const SETUP_LINKS: CollectionSpec<SetupLink> = { name: 'paragon_setup_links' };

const VALID_MS = 15 * 60 * 1000;

/**
 * Links that let a user connect an integration in a browser. They live in the store: each replica knows them, and a restart loses none.
 *
 * 1. `create` when a call needs an integration that the user has not connected; 2. `look` when the page is opened, as often as a mail
 * scanner or a browser likes; 3. `consume` when the user presses the button. A link that nobody uses expires.
 */
@Injectable()
export class SetupLinks {
  private readonly links: Collection<SetupLink>;

  constructor(
    store: Store,
    private readonly project: ParagonConfig,
    private readonly config: Config,
    private readonly tenants: Tenants,
  ) {
    this.links = store.collection(SETUP_LINKS);
  }

  /** @returns a URL that is good for 15 minutes and for one use, by whoever has it: to be shown to this user only */
  async create({ tenant, subject }: Principal, integration: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const link: SetupLink = { projectId: this.project.projectId, tenant, subject, integration };
    await this.links.insert(link, { id: recordId(token), expiresAt: Date.now() + VALID_MS });
    return `${this.config.publicUrl}/setup?token=${token}`;
  }

  /** What the link is for, if it can be used now: not while its tenant is disabled. Changes nothing. */
  async look(token: string): Promise<SetupLink | undefined> {
    const record = await this.links.get(recordId(token));
    if (record?.value.projectId !== this.project.projectId) return undefined;
    return this.tenants.isEnabled(record.value.tenant) ? record.value : undefined;
  }

  /** The same, once: of all who ask, on all replicas, one gets the link. */
  async consume(token: string): Promise<SetupLink | undefined> {
    const link = await this.look(token);
    return link && (await this.links.remove(recordId(token))) ? link : undefined;
  }
}

/** 256 random bits cannot be guessed, so a plain SHA-256 is enough. */
const recordId = (token: string): string => hash('sha256', token, 'base64url');
