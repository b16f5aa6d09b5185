import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IssuerConfig, ParagonConfig } from './config.js';
import type { Variables } from './variables.js';

/** The variables of Paragon, as parsed. */
export type ParagonValues = Pick<
  Variables,
  | 'PROJECT_ID'
  | 'SIGNING_KEY'
  | 'SIGNING_KEY_PATH'
  | 'LIMIT_TO_INTEGRATIONS'
  | 'LIMIT_TO_TOOLS'
  | 'CONNECT_SDK_CDN_URL'
  | 'ACTIONKIT_BASE_URL'
  | 'ACTIONKIT_API'
  | 'ZEUS_BASE_URL'
  | 'PROXY_BASE_URL'
  | 'ENABLE_CUSTOM_OPENAPI_ACTIONS'
  | 'OPENAPI_DIR'
  | 'ENABLE_PROXY_API_TOOL'
>;

/**
 * Paragon is on where a project is named.
 * @param faults gets one line for each variable that cannot be used
 */
export function paragonConfig(values: ParagonValues, faults: string[]): ParagonConfig | undefined {
  const { PROJECT_ID: projectId } = values;
  if (projectId === undefined) return undefined;
  const signingKey = signingKeyOf(values, faults);
  if (!signingKey) return undefined;
  return {
    projectId,
    signingKey,
    limitToIntegrations: values.LIMIT_TO_INTEGRATIONS,
    limitToTools: values.LIMIT_TO_TOOLS,
    connectSdkUrl: values.CONNECT_SDK_CDN_URL,
    actionKitUrl: values.ACTIONKIT_BASE_URL,
    actionKitApi: values.ACTIONKIT_API,
    zeusUrl: values.ZEUS_BASE_URL,
    proxyUrl: values.PROXY_BASE_URL,
    openApiDir: values.ENABLE_CUSTOM_OPENAPI_ACTIONS ? resolve(values.OPENAPI_DIR) : undefined,
    proxyTool: values.ENABLE_PROXY_API_TOOL,
  };
}

/** Paragon User Tokens name no issuer: whoever signed with the project's key is the issuer. */
export function paragonIssuer({ projectId, signingKey }: ParagonConfig): IssuerConfig {
  return {
    issuer: `useparagon.com/${projectId}`,
    audience: `useparagon.com/${projectId}`,
    claims: 'paragon',
    algorithms: ['RS256'],
    publicKey: createPublicKey(signingKey).export({ type: 'spki', format: 'pem' }) as string,
    tenant: 'default',
    roles: {},
  };
}

function signingKeyOf({ SIGNING_KEY, SIGNING_KEY_PATH }: ParagonValues, faults: string[]): KeyObject | undefined {
  if (SIGNING_KEY !== undefined && SIGNING_KEY_PATH !== undefined) {
    faults.push('SIGNING_KEY and SIGNING_KEY_PATH exclude each other');
    return undefined;
  }
  if (SIGNING_KEY !== undefined) return rsaKey('SIGNING_KEY', SIGNING_KEY, faults);
  if (SIGNING_KEY_PATH === undefined) {
    faults.push('SIGNING_KEY or SIGNING_KEY_PATH must be set where PROJECT_ID is');
    return undefined;
  }
  const pem = readText(SIGNING_KEY_PATH);
  if (pem !== undefined) return rsaKey('SIGNING_KEY_PATH', pem, faults);
  faults.push('SIGNING_KEY_PATH names a file that cannot be read');
  return undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function rsaKey(variable: string, pem: string, faults: string[]): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The message of OpenSSL says less than ours.
  }
  faults.push(`${variable} must hold an RSA private key as PEM`);
  return undefined;
}
