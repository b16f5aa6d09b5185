import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { IntegrationAppConfig, IssuerConfig } from './config.js';
import type { Variables } from './variables.js';

/** The variables of Integration.app, as parsed. */
export type IntegrationAppValues = Pick<
  Variables,
  | 'INTEGRATION_APP_API_URL'
  | 'INTEGRATION_APP_WORKSPACE_KEY'
  | 'INTEGRATION_APP_WORKSPACE_SECRET'
  | 'INTEGRATION_APP_PUBLIC_KEY'
  | 'INTEGRATION_APP_FORWARD_ONLY'
>;

/** The provider's settings, and who issues its tokens where that can be verified. */
export interface IntegrationAppSettings {
  readonly config: IntegrationAppConfig;
  readonly issuer?: IssuerConfig;
}

/** Issuer of the tokens that nobody verifies. It is no workspace key: those are UUIDs. */
const UNVERIFIED_ISSUER = 'integration.app';
const KEYS = [
  'INTEGRATION_APP_WORKSPACE_KEY',
  'INTEGRATION_APP_WORKSPACE_SECRET',
  'INTEGRATION_APP_PUBLIC_KEY',
] as const;

/**
 * Integration.app is on where its tokens can be verified, or where the operator says that they are passed on as they come.
 * @param faults gets one line for each variable that is missing or cannot be used
 */
export function integrationApp(values: IntegrationAppValues, faults: string[]): IntegrationAppSettings | undefined {
  const apiUrl = values.INTEGRATION_APP_API_URL;
  const given = KEYS.filter((name) => values[name] !== undefined);
  if (values.INTEGRATION_APP_FORWARD_ONLY) {
    faults.push(...given.map((name) => `${name} and INTEGRATION_APP_FORWARD_ONLY exclude each other`));
    return { config: { apiUrl, issuer: UNVERIFIED_ISSUER, forwardOnly: true } };
  }
  return given.length === 0 ? undefined : verified(values, faults);
}

function verified(values: IntegrationAppValues, faults: string[]): IntegrationAppSettings | undefined {
  const {
    INTEGRATION_APP_API_URL: apiUrl,
    INTEGRATION_APP_WORKSPACE_KEY: workspaceKey,
    INTEGRATION_APP_WORKSPACE_SECRET: secret,
    INTEGRATION_APP_PUBLIC_KEY: publicKey,
  } = values;
  if (workspaceKey === undefined) {
    faults.push('INTEGRATION_APP_WORKSPACE_KEY must be set where the secret or the public key is');
  }
  if (secret !== undefined && publicKey !== undefined) {
    faults.push('INTEGRATION_APP_WORKSPACE_SECRET and INTEGRATION_APP_PUBLIC_KEY exclude each other');
    return undefined;
  }
  if (secret === undefined && publicKey === undefined) {
    faults.push(
      'INTEGRATION_APP_WORKSPACE_SECRET or INTEGRATION_APP_PUBLIC_KEY must be set where the workspace key is',
    );
    return undefined;
  }
  const verification = secret === undefined ? publicVerification(publicKey!, faults) : secretVerification(secret);
  if (workspaceKey === undefined || verification === undefined) return undefined;
  return {
    config: { apiUrl, issuer: workspaceKey, signingSecret: verification.secret, forwardOnly: false },
    issuer: {
      ...verification,
      claims: 'integration-app',
      issuer: workspaceKey,
      audience: workspaceKey,
      tenant: 'default',
      roles: {},
    },
  };
}

type Verification = Pick<IssuerConfig, 'algorithms' | 'publicKey' | 'secret'>;

const secretVerification = (secret: string): Verification => ({
  algorithms: ['HS256', 'HS512'],
  secret: createSecretKey(secret, 'utf8'),
});

function publicVerification(text: string, faults: string[]): Verification | undefined {
  const publicKey = text.replaceAll('\\n', '\n');
  const algorithms = algorithmsOf(readPublicKey(publicKey));
  if (algorithms) return { algorithms, publicKey };
  faults.push('INTEGRATION_APP_PUBLIC_KEY must hold a public key as PEM: RSA, or EC on P-256, P-384 or P-521');
  return undefined;
}

/** OpenSSL would take a private key, too, and derive the public one: it has no place here. */
function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return pem.includes('PRIVATE KEY') ? undefined : createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** One key has one type, and that type's algorithms: no token chooses another (RFC 8725, section 3.1). */
function algorithmsOf(key: KeyObject | undefined): string[] | undefined {
  if (key?.asymmetricKeyType === 'rsa') return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  if (key?.asymmetricKeyType !== 'ec') return undefined;
  const byCurve: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const algorithm = byCurve[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return algorithm === undefined ? undefined : [algorithm];
}
