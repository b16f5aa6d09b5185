import { createHash } from 'node:crypto';
import { SERVER_NAME } from '@manifold/server-model';

const LONGEST = 64;
/** How much of a given name is read for the name of the server. */
const LONGEST_READ = 256;
const DIGEST = 6;

/**
 * Returns the names that servers of a client's file get: their own where that is possible. Two different names of a file never become the
 * same, and the same file always has the same names.
 * @returns one name for each given name, in their order
 */
export function serverNames(givenNames: readonly string[]): string[] {
  const taken = new Map<string, Set<string>>();
  for (const given of givenNames) {
    const plain = plainName(given);
    taken.set(plain, (taken.get(plain) ?? new Set()).add(given));
  }
  return givenNames.map((given) => {
    const plain = plainName(given);
    return plain === given || taken.get(plain)!.size === 1 ? plain : withDigest(plain, given);
  });
}

/** Returns a name with dashes in place of what a name cannot contain: `My Server` is `My-Server`. */
function plainName(given: string): string {
  if (SERVER_NAME.test(given)) return given;
  const plain = given
    .slice(0, LONGEST_READ)
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^A-Za-z0-9_.@-]+/g, '-')
    .replaceAll(/^[^A-Za-z0-9]+|-+$/g, '');
  if (plain === '') return withDigest('server', given);
  return plain.length > LONGEST ? withDigest(plain, given) : plain;
}

function withDigest(plain: string, given: string): string {
  const digest = createHash('sha256').update(given).digest('hex').slice(0, DIGEST);
  return `${plain.slice(0, LONGEST - DIGEST - 1)}-${digest}`;
}
