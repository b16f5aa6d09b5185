import { createPublicKey, KeyObject } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { IssuerConfig } from '@manifold/config';
import type { Egress } from '@manifold/egress';
import { CredentialError } from '../unauthenticated.js';

/**
 * Header fields of a token that may select a key. `jku`, `jwk`, `x5u` and `x5c` are not used: with them, a token could bring its own key
 * (threat 2).
 */
export type KeyHint = { readonly alg: string; readonly kid?: string };

/**
 * Finds the key that must have signed a token.
 * @throws CredentialError, SigningKeysUnavailableError
 */
export type SigningKeys = (hint: KeyHint) => Promise<KeyObject>;

/** Error for an issuer whose keys cannot be loaded. The gateway can then neither accept nor refuse the issuer's tokens. */
export class SigningKeysUnavailableError extends Error {
  override readonly name = 'SigningKeysUnavailableError';
}

/**
 * Minimum milliseconds between two requests for the keys of one issuer, even if the last request failed. Tokens with random `kid` values
 * cannot cause more requests (threat 3).
 */
const LEAST_INTERVAL = 10_000;
const KEPT_MS = 600_000;
const COOLDOWN_MS = 30_000;

export function signingKeysOf(config: IssuerConfig, egress: Egress): SigningKeys {
  const { jwksUri, secret } = config;
  if (jwksUri !== undefined) return publishedKeys(jwksUri, egress);
  return secret === undefined ? pemKeys(config) : () => Promise.resolve(secret);
}

/** @throws Error if the key cannot be read or its type does not match the issuer's algorithms */
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
 * Returns the keys that the issuer publishes (RFC 7517). They are cached for ten minutes. An unknown `kid` causes a new request, at most
 * every thirty seconds.
 *
 * The gateway measures both intervals itself, with a monotonic clock. The library uses the wall clock: if that were set back by an hour,
 * revoked keys would stay valid and new keys unknown for an hour.
 */
function publishedKeys(uri: string, egress: Egress): SigningKeys {
  let askedAt = -Infinity;
  let loadedAt = -Infinity;
  const keys = createRemoteJWKSet(new URL(uri), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: (url, init) => {
      const now = performance.now();
      if (now < askedAt + LEAST_INTERVAL)
        throw new SigningKeysUnavailableError('The keys of the issuer were requested only a moment ago');
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
        throw new CredentialError('No key of the issuer matches the token', { cause });
      }
      throw new SigningKeysUnavailableError('The keys of the issuer cannot be loaded', { cause });
    }
  };
}
