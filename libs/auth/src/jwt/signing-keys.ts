import { createPublicKey, KeyObject } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { IssuerConfig } from '@manifold/config';
import type { Egress } from '@manifold/egress';
import { CredentialRefused } from '../unauthenticated.js';

/** What of a token's header may choose a key. `jku`, `jwk`, `x5u` and `x5c` would let the token bring its own (threat 2). */
export type KeyHint = { readonly alg: string; readonly kid?: string };

/** Finds the key that a token must be signed with. @throws CredentialRefused, SigningKeysUnavailable */
export type SigningKeys = (hint: KeyHint) => Promise<KeyObject>;

/** The issuer's keys cannot be loaded: its tokens can be neither accepted nor refused. */
export class SigningKeysUnavailable extends Error {
  override readonly name = 'SigningKeysUnavailable';
}

/** Milliseconds between two requests for the keys of one issuer, also when the last one failed: random `kid`s cause no more (threat 3). */
const LEAST_INTERVAL = 10_000;
const KEPT_MS = 600_000;
const COOLDOWN_MS = 30_000;

export function signingKeysOf(config: IssuerConfig, egress: Egress): SigningKeys {
  const { jwksUri, secret } = config;
  if (jwksUri !== undefined) return publishedKeys(jwksUri, egress);
  return secret === undefined ? pemKeys(config) : () => Promise.resolve(secret);
}

/** @throws Error when the key cannot be read, or is of another type than the algorithms of the issuer */
function pemKeys({ issuer, publicKey = '', algorithms }: IssuerConfig): SigningKeys {
  const key = readKey(issuer, publicKey);
  const type = algorithms.some((algorithm) => algorithm.startsWith('ES')) ? 'ec' : 'rsa';
  if (key.asymmetricKeyType !== type) {
    throw new Error(`AUTH_ISSUERS: the public key of ${issuer} is not of the type ${type}, which its algorithms need`);
  }
  return () => Promise.resolve(key);
}

function readKey(issuer: string, pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new Error(`AUTH_ISSUERS: the public key of ${issuer} cannot be read`, { cause });
  }
}

/**
 * Keys by RFC 7517, cached for ten minutes; an unknown `kid` asks again, at most every thirty seconds. Both are told here and not to the
 * library, which goes by the wall clock: were that set back by an hour, revoked keys would be good and new ones unknown for as long.
 */
function publishedKeys(uri: string, egress: Egress): SigningKeys {
  let askedAt = -Infinity;
  let loadedAt = -Infinity;
  const keys = createRemoteJWKSet(new URL(uri), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: (url, init) => {
      const now = performance.now();
      if (now < askedAt + LEAST_INTERVAL) throw new SigningKeysUnavailable('The keys were asked for a moment ago');
      askedAt = now;
      return egress.fetch(url, { ...init, policy: 'configured' });
    },
  });
  const load = async (): Promise<void> => {
    await keys.reload();
    loadedAt = performance.now();
  };
  const keyFor = async (hint: KeyHint): ReturnType<typeof keys> => {
    if (performance.now() >= loadedAt + KEPT_MS) await load();
    try {
      return await keys(hint);
    } catch (error) {
      const isRecent = performance.now() < loadedAt + COOLDOWN_MS;
      if (isRecent || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await load();
      return keys(hint);
    }
  };
  return async (hint) => {
    try {
      return KeyObject.from(await keyFor(hint));
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) {
        throw new CredentialRefused('No key of the issuer fits', { cause });
      }
      throw new SigningKeysUnavailable('The keys of the issuer cannot be loaded', { cause });
    }
  };
}
