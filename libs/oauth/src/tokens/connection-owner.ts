import { tupleKey } from '@manifold/async';
import type { Principal } from '@manifold/auth';

/** Owner of a connection: a user and a server. */
export interface ConnectionOwner {
  readonly principal: Pick<Principal, 'tenant' | 'issuer' | 'subject'>;
  /** The name of the registered server. */
  readonly server: string;
}

/** Owner as fields of a record, which are compared one by one: `a` and `a.b` have nothing in common (threat 41). */
export type OwnerFields = { tenant: string; issuer: string; subject: string; server: string };

export function ownerFields({ principal: { tenant, issuer, subject }, server }: ConnectionOwner): OwnerFields {
  return { tenant, issuer, subject, server };
}

export const ownerOf = ({ tenant, issuer, subject, server }: OwnerFields): ConnectionOwner => ({
  principal: { tenant, issuer, subject },
  server,
});

export const ownerKey = ({ tenant, issuer, subject, server }: OwnerFields): string =>
  tupleKey(tenant, issuer, subject, server);

/** Returns the context for sealing a record of this owner. The record does not open in another context. */
export const sealedFor = ({ tenant, issuer, subject, server }: OwnerFields, ...what: string[]): string[] => [
  tenant,
  issuer,
  subject,
  server,
  'oauth',
  ...what,
];
