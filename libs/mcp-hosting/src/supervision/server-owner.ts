import type { Principal } from '@manifold/auth';
import type { Secrets } from '../connections/server-run.js';

/** The owner of a connection that is not shared by all users. */
export interface ServerOwner {
  /** Unique among the owners of one server. */
  readonly key: string;
  /** The user; undefined for the connection that only introduces the server. */
  readonly principal?: Principal;
  /** Returns the secrets for each new connection. Rejects with ProviderError. */
  readonly secrets: () => Promise<Secrets>;
}
