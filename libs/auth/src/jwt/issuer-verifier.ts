import passport from 'passport';
import { ExtractJwt, Strategy, type SecretOrKeyProvider, type StrategyOptions } from 'passport-jwt';
import { decodeProtectedHeader } from 'jose';
import type { IssuerConfig } from '@manifold/config';
import { CredentialRefused } from '../unauthenticated.js';
import type { KeyHint, SigningKeys } from './signing-keys.js';
import { CLOCK_TOLERANCE } from './token-claims.js';

const STRATEGY = 'issuer';

/** Checks the tokens of one issuer: one key source, one list of algorithms, one audience (threats 1 and 5). */
export class IssuerVerifier {
  private readonly passport = new passport.Passport();

  constructor(
    readonly config: IssuerConfig,
    private readonly keys: SigningKeys,
  ) {
    const options: StrategyOptions = {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: this.provideKey,
      ...(config.claims === undefined && { issuer: config.issuer, audience: config.audience }),
      algorithms: [...config.algorithms] as StrategyOptions['algorithms'],
      jsonWebTokenOptions: { clockTolerance: CLOCK_TOLERANCE },
    };
    this.passport.use(STRATEGY, new Strategy(options, (claims: unknown, done) => done(null, claims)));
  }

  /** @throws CredentialRefused, SigningKeysUnavailable */
  verify(token: string): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown, claims?: unknown, refusal?: unknown): void => {
        if (error) return reject(error as Error);
        if (!isObject(claims)) return reject(refusalOf(refusal));
        return resolve(claims);
      };
      // Passport writes its own fields on the request, so it gets one that nobody else reads.
      const request = { headers: { authorization: `Bearer ${token}` } };
      const authenticate = this.passport.authenticate(STRATEGY, { session: false }, settle) as PassportHandler;
      authenticate(request, {}, reject);
    });
  }

  /** The algorithm is checked before a key is looked for: `none` and HMAC forgeries reach no key (RFC 8725, section 3.1). */
  private readonly provideKey: SecretOrKeyProvider<unknown> = (_request, token: string, done) => {
    const found = (async () => this.keys(keyHintOf(token, this.config.algorithms)))();
    // jsonwebtoken takes a KeyObject, which the types of passport-jwt do not know.
    found.then((key) => done(null, key as unknown as Buffer)).catch(done);
  };
}

type PassportHandler = (request: object, response: object, next: (error: Error) => void) => void;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function keyHintOf(token: string, algorithms: readonly string[]): KeyHint {
  const { alg, kid, crit } = decodeProtectedHeader(token);
  if (alg === undefined || !algorithms.includes(alg)) throw new CredentialRefused("The algorithm is not the issuer's");
  // RFC 7515, section 4.1.11: extensions that must be understood, and nothing here understands any.
  if (crit !== undefined) throw new CredentialRefused('The token has critical header extensions');
  if (kid !== undefined && typeof kid !== 'string') throw new CredentialRefused('The kid is not a string');
  return { alg, kid };
}

/** Messages of jsonwebtoken say which check failed; those of a JSON parser could quote the token. */
function refusalOf(error: unknown): Error {
  if (!(error instanceof Error)) return new CredentialRefused('The token was refused');
  if (error.name === 'CredentialRefused' || error.name === 'SigningKeysUnavailable') return error;
  const checked = ['JsonWebTokenError', 'TokenExpiredError', 'NotBeforeError'].includes(error.name);
  return new CredentialRefused(checked ? error.message : 'The token cannot be read');
}
