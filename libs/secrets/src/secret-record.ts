import type { Principal } from '@manifold/auth';
import { Topic } from '@manifold/bus';
import type { CollectionSpec } from '@manifold/store';

/** Owner of a user's secrets for one registered server. */
export interface SecretOwner {
  readonly principal: Principal;
  /** The name of the registered server. */
  readonly app: string;
}

/** Owner of a secret, in fields that are compared one by one: `a` and `a.b` have nothing in common. */
export type OwnerFields = { tenant: string; issuer: string; subject: string; app: string };
export type SecretFields = OwnerFields & { name: string };
/** `destination`: what the secret was given for; only that gets it. Older records do not have this member until the destination changes. */
export type SecretRecord = SecretFields & { destination?: string; keyId: string; sealed: string };

export const SECRETS: CollectionSpec<SecretRecord> = {
  name: 'secrets',
  secret: true,
  indexes: [
    { fields: ['tenant', 'issuer', 'subject', 'app', 'name'], unique: true },
    { fields: ['tenant', 'issuer', 'subject', 'app'] },
    { fields: ['tenant', 'app'] },
  ],
};

/** Announces that secrets of one owner have changed; without an owner, that all secrets of a server are deleted. */
export interface SecretsChanged {
  readonly tenant: string;
  readonly app: string;
  readonly owner?: SecretOwner;
}

export const SECRETS_CHANGED = new Topic<SecretsChanged>('secrets.changed');
