import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { IntegrationAppConfig, IssuerConfig } from '../model/config.js';
import { excludes } from '../model/faults.js';
import { boolean, httpUrl, matching, text } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';
import { SERVED_BY_DEFAULT, servedUsers } from './served-users.js';

export const integrationApps = settingGroup({
  title: 'Integration.app',
  about:
    'The connections of Integration.app are offered where the workspace key and either the secret or the public key are set, or in forward-only mode.',
  settings: {
    INTEGRATION_APP_API_URL: setting({
      parse: httpUrl,
      default: 'https://api.integration.app',
      meaning: 'The base URL of its API.',
    }),
    INTEGRATION_APP_WORKSPACE_KEY: setting({
      parse: matching(/^[A-Za-z0-9_-]{1,128}$/, 'the key of an Integration.app workspace'),
      meaning: 'The key of the workspace.',
    }),
    INTEGRATION_APP_WORKSPACE_SECRET: setting({
      parse: text,
      meaning:
        'The secret of the workspace. It verifies access tokens (HS256, HS512), and makes them for callers of other issuers.',
      secret: true,
      file: true,
    }),
    INTEGRATION_APP_PUBLIC_KEY: setting({
      parse: text,
      meaning:
        'The PEM of the key that verifies access tokens (RS, PS, ES), in the place of the secret. Callers of other issuers get no tools of Integration.app then.',
    }),
    INTEGRATION_APP_FORWARD_ONLY: setting({
      parse: boolean,
      default: false,
      meaning:
        'Passes access tokens on without a key that verifies them. Such callers reach Integration.app and nothing else.',
    }),
    INTEGRATION_APP_DYNAMIC_SEARCH: setting({
      parse: boolean,
      default: false,
      meaning:
        'Lists `search-tools` and `call-tool` also to sessions in dynamic mode whose caller has an access token. Otherwise these see `enable-tools` alone, as in the original.',
    }),
    INTEGRATION_APP_USERS: setting({
      parse: servedUsers,
      default: SERVED_BY_DEFAULT,
      meaning:
        'The tenants and issuers whose users the workspace serves, as a JSON array: see [Users of hosted backends](#users-of-hosted-backends).',
    }),
  },
});

type IntegrationAppValues = Values<typeof integrationApps>;

/** The provider's settings, and the issuer of its tokens if the gateway can verify them. */
export interface IntegrationAppSettings {
  readonly config: IntegrationAppConfig;
  readonly issuer?: IssuerConfig;
}

/** The issuer of tokens that the gateway does not verify. It cannot equal a workspace key: those are UUIDs. */
const UNVERIFIED_ISSUER = 'integration.app';
const KEYS = [
  'INTEGRATION_APP_WORKSPACE_KEY',
  'INTEGRATION_APP_WORKSPACE_SECRET',
  'INTEGRATION_APP_PUBLIC_KEY',
] as const;

/**
 * Reads the settings of Integration.app. The provider is on if the gateway can verify its tokens, or if the operator has chosen the
 * forward-only mode.
 * @param faults gets one line for each variable that is missing or cannot be used
 */
export function integrationApp(values: IntegrationAppValues, faults: string[]): IntegrationAppSettings | undefined {
  const {
    INTEGRATION_APP_API_URL: apiUrl,
    INTEGRATION_APP_USERS: served,
    INTEGRATION_APP_DYNAMIC_SEARCH: dynamicSearch,
  } = values;
  const given = KEYS.filter((name) => values[name] !== undefined);
  if (values.INTEGRATION_APP_FORWARD_ONLY) {
    faults.push(...given.map((name) => excludes(name, 'INTEGRATION_APP_FORWARD_ONLY')));
    return { config: { apiUrl, issuer: UNVERIFIED_ISSUER, forwardOnly: true, served, dynamicSearch } };
  }
  return given.length === 0 ? undefined : verified(values, faults);
}

function verified(values: IntegrationAppValues, faults: string[]): IntegrationAppSettings | undefined {
  const {
    INTEGRATION_APP_API_URL: apiUrl,
    INTEGRATION_APP_USERS: served,
    INTEGRATION_APP_DYNAMIC_SEARCH: dynamicSearch,
    INTEGRATION_APP_WORKSPACE_KEY: workspaceKey,
    INTEGRATION_APP_WORKSPACE_SECRET: secret,
    INTEGRATION_APP_PUBLIC_KEY: publicKey,
  } = values;
  if (workspaceKey === undefined) {
    faults.push('INTEGRATION_APP_WORKSPACE_KEY: is not set, but the secret or the public key is; set it, too');
  }
  if (secret !== undefined && publicKey !== undefined) {
    faults.push(excludes('INTEGRATION_APP_WORKSPACE_SECRET', 'INTEGRATION_APP_PUBLIC_KEY'));
    return undefined;
  }
  if (secret === undefined && publicKey === undefined) {
    faults.push(
      'INTEGRATION_APP_WORKSPACE_SECRET: is not set, but the workspace key is; set it or INTEGRATION_APP_PUBLIC_KEY',
    );
    return undefined;
  }
  const verification = secret === undefined ? publicVerification(publicKey!, faults) : secretVerification(secret);
  if (workspaceKey === undefined || verification === undefined) return undefined;
  return {
    config: {
      apiUrl,
      issuer: workspaceKey,
      signingSecret: verification.secret,
      forwardOnly: false,
      served,
      dynamicSearch,
    },
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
  faults.push(
    'INTEGRATION_APP_PUBLIC_KEY: is not a supported public key; write one as PEM: RSA, or EC on P-256, P-384 or P-521',
  );
  return undefined;
}

/** Reads a public key. OpenSSL would also accept a private key and derive the public one; a private key is rejected here. */
function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return pem.includes('PRIVATE KEY') ? undefined : createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** Returns the algorithms of the key's type, so that a token cannot choose another algorithm (RFC 8725, section 3.1). */
function algorithmsOf(key: KeyObject | undefined): string[] | undefined {
  if (key?.asymmetricKeyType === 'rsa') return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  if (key?.asymmetricKeyType !== 'ec') return undefined;
  const byCurve: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const algorithm = byCurve[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return algorithm === undefined ? undefined : [algorithm];
}
