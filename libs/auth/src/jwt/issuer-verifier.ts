import passport from 'passport';
import { ExtractJwt, Strategy, type SecretOrKeyProvider, type StrategyOptions } from 'passport-jwt';
import { decodeProtectedHeader } from 'jose';
import { isObject } from '@manifold/async';
import type { IssuerConfig } from '@manifold/config';
import { CredentialError } from '../unauthenticated.js';
import type { KeyHint, SigningKeys } from './signing-keys.js';
import { CLOCK_TOLERANCE } from './token-claims.js';

const STRATEGY = 'issuer';

/**
 * Checks the tokens of one issuer: one key source, one list of algorithms, one audience (threats 1 and 5).
 *
 * The strategy is not behind a Nest guard. Guards run after the body is read and not for unknown paths, and they would check a signature
 * with each request. AuthenticationHook runs earlier, and TokenVerifier chooses the issuer and remembers verified tokens.
 */
export class IssuerVerifier {
  private readonly passport = new passport.Passport();

  constructor(
    readonly config: IssuerConfig,
    private readonly keys: SigningKeys,
  ) {
    const options: StrategyOptions = {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: this.provideKey,
      ...(config.claims === undefined && { issuer: config.issuer, audience: audiencesOf(config) }),
      algorithms: [...config.algorithms] as StrategyOptions['algorithms'],
      jsonWebTokenOptions: { clockTolerance: CLOCK_TOLERANCE },
    };
    this.passport.use(STRATEGY, new Strategy(options, (claims: unknown, done) => done(null, claims)));
  }

  /** @throws CredentialError, SigningKeysUnavailableError */
  verify(token: string): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown, claims?: unknown, refusal?: unknown): void => {
        if (error) return reject(error as Error);
        if (!isObject(claims)) return reject(refusalOf(refusal));
        return resolve(claims);
      };
      // Passport writes its own fields to the request, so it gets an object that no other code reads.
      const request = { headers: { authorization: `Bearer ${token}` } };
      const authenticate = this.passport.authenticate(STRATEGY, { session: false }, settle) as PassportHandler;
      authenticate(request, {}, reject);
    });
  }

  /** Checks the algorithm before it looks for a key, so forged tokens with `none` or HMAC never reach a key (RFC 8725, section 3.1). */
  private readonly provideKey: SecretOrKeyProvider<unknown> = (_request, token: string, done) => {
    const found = (async () => this.keys(keyHintOf(token, this.config.algorithms)))();
    // jsonwebtoken accepts a KeyObject, but the types of passport-jwt do not declare it.
    found.then((key) => done(null, key as unknown as Buffer)).catch(done);
  };
}

/** Returns the audiences of which a token must name one. Both are this gateway. */
const audiencesOf = ({ audience, sseAudience }: IssuerConfig): string[] =>
  sseAudience === undefined ? [audience] : [audience, sseAudience];

type PassportHandler = (request: object, response: object, next: (error: Error) => void) => void;

function keyHintOf(token: string, algorithms: readonly string[]): KeyHint {
  const { alg, kid, crit } = decodeProtectedHeader(token);
  if (alg === undefined || !algorithms.includes(alg))
    throw new CredentialError('The issuer does not use the algorithm of the token');
  // RFC 7515, section 4.1.11: a token with a critical extension that the recipient does not understand is invalid. The gateway understands
  // none.
  if (crit !== undefined) throw new CredentialError('The token has critical header extensions');
  if (kid !== undefined && typeof kid !== 'string') throw new CredentialError('The kid is not a string');
  return { alg, kid };
}

/**
 * Converts an error into a refusal. Messages of jsonwebtoken name the failed check and are kept. Messages of a JSON parser could quote the
 * token and are replaced.
 */
function refusalOf(error: unknown): Error {
  if (!(error instanceof Error)) return new CredentialError('The token was refused');
  if (error.name === 'CredentialError' || error.name === 'SigningKeysUnavailableError') return error;
  const checked = ['JsonWebTokenError', 'TokenExpiredError', 'NotBeforeError'].includes(error.name);
  return new CredentialError(checked ? error.message : 'The token cannot be read');
}
