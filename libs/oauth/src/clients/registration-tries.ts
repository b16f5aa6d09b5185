import type { RegisteredClient } from '../protocol/protected-server.js';

/** A user who goes to the authorization server. */
export interface Departure {
  /** Digest of the user. */
  readonly user: string;
  /** Whether any user has a connection to the server. If none has, a new registration costs nothing. */
  readonly hasConnections: boolean;
}

interface Try {
  readonly user: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Client that the gateway has registered, with what is known of its health. */
export interface Registration extends RegisteredClient {
  /** Expiry of the client secret in epoch milliseconds. */
  readonly secretExpiresAt?: number;
  /** Departures that have led to no tokens since the last that has. */
  readonly tries?: readonly Try[];
  /** Number of registrations since then. */
  readonly renewals?: number;
}

/** Time that a user has for the pages of the authorization server. */
const RETURN_MS = 600_000;
/** Failed tries after which a registration counts as dead. Each registration in vain doubles it, up to 32 times. */
const TRIES = 2;
const TRIES_WITHOUT_CONNECTIONS = 1;
const MOST_RENEWALS = 5;
const MOST_TRIES = TRIES * 2 ** MOST_RENEWALS;

/**
 * Returns whether the authorization server seems to have dropped the client. It tells only users that, on its own page: they do not come
 * back. A try has failed when the same user starts again, or when the time for it is over. Others may still be on their way.
 */
export function seemsDead({ tries = [], renewals = 0 }: Registration, departure: Departure, now: number): boolean {
  const failed = tries.filter(({ user, at }) => user === departure.user || now - at > RETURN_MS);
  const needed = departure.hasConnections ? TRIES : TRIES_WITHOUT_CONNECTIONS;
  return failed.length >= needed * 2 ** renewals;
}

export const withTry = (registration: Registration, { user }: Departure, now: number): Registration => ({
  ...registration,
  tries: [...(registration.tries ?? []), { user, at: now }].slice(-MOST_TRIES),
});

/** Counts a registration in place of one that seemed dead. */
export const renewalOf = ({ renewals = 0 }: Registration, made: Registration): Registration => ({
  ...made,
  renewals: Math.min(renewals + 1, MOST_RENEWALS),
});

/** Forgets the tries after users have got tokens. */
export const withoutTries = (registration: Registration): Registration => ({
  ...registration,
  tries: undefined,
  renewals: undefined,
});
