import { createHash } from 'node:crypto';
import { tupleKey } from '@manifold/async';

/** The server, or the user of a server, for which a program runs. Programs of different owners cannot reach each other. */
export interface Owner {
  readonly tenant: string;
  readonly server: string;
  /** Key of the principal, if each user has an instance of the server. */
  readonly user?: string;
  /** Id of a single run, such as an install that runs code of a package. Its files and its user id go when it ends. */
  readonly run?: string;
}

/** Returns a key that is unique to the owner. */
export function ownerKey({ tenant, server, user, run }: Owner): string {
  if (run !== undefined) return tupleKey(tenant, server, 'run', run);
  return user === undefined ? tupleKey(tenant, server) : tupleKey(tenant, server, user);
}

/** Returns a folder name that is unique to the text and begins with what a reader can recognise of it. */
export function folderName(readable: string, key: string): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return `${readable.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 40)}~${digest}`;
}
