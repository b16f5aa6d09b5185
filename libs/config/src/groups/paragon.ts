import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IssuerConfig, ParagonConfig } from '../model/config.js';
import { excludes } from '../model/faults.js';
import { boolean, bytes, httpUrl, list, matching, oneOf, text } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';
import { SERVED_BY_DEFAULT, servedUsers } from './served-users.js';

export const paragon = settingGroup({
  title: 'Paragon',
  about: 'The integrations of Paragon are offered where `PROJECT_ID` and one of the two signing keys are set.',
  settings: {
    PROJECT_ID: setting({
      parse: matching(/^[A-Za-z0-9_-]{1,128}$/, 'the id of a Paragon project'),
      meaning: 'The id of the Paragon project.',
    }),
    SIGNING_KEY: setting({
      parse: text,
      meaning:
        'The RSA private key of the project as PEM, with line breaks as they are or as `\\n`. It signs user tokens, and its public half verifies them.',
      secret: true,
    }),
    SIGNING_KEY_PATH: setting({
      parse: text,
      meaning: 'A file that holds the signing key, in the place of `SIGNING_KEY`.',
    }),
    PARAGON_USERS: setting({
      parse: servedUsers,
      default: SERVED_BY_DEFAULT,
      meaning:
        'The tenants and issuers whose users the project serves, as a JSON array: see [Users of hosted backends](#users-of-hosted-backends).',
    }),
    LIMIT_TO_INTEGRATIONS: setting({
      parse: list,
      default: '',
      unset: 'all',
      meaning: 'The integrations whose tools are offered, separated by commas.',
    }),
    LIMIT_TO_TOOLS: setting({
      parse: list,
      default: '',
      unset: 'all',
      meaning: 'The names of the tools that are offered, separated by commas.',
    }),
    CONNECT_SDK_CDN_URL: setting({
      parse: httpUrl,
      default: 'https://cdn.useparagon.com/latest/sdk/index.js',
      meaning: 'The script of the Connect SDK, which the setup page loads.',
    }),
    ACTIONKIT_BASE_URL: setting({
      parse: httpUrl,
      default: 'https://actionkit.useparagon.com',
      meaning: 'The base URL of ActionKit.',
    }),
    ACTIONKIT_API: setting({
      parse: oneOf('actions', 'tools'),
      default: 'actions',
      meaning: "The generation of ActionKit's API: `actions` or `tools`.",
    }),
    ZEUS_BASE_URL: setting({
      parse: httpUrl,
      default: 'https://zeus.useparagon.com',
      meaning: "The base URL of Paragon's API.",
    }),
    PROXY_BASE_URL: setting({
      parse: httpUrl,
      default: 'https://proxy.useparagon.com',
      meaning: "The base URL of Paragon's proxy.",
    }),
    ENABLE_CUSTOM_OPENAPI_ACTIONS: setting({
      parse: boolean,
      default: false,
      meaning: 'Offers the operations of the OpenAPI files in `OPENAPI_DIR`.',
    }),
    OPENAPI_DIR: setting({ parse: text, default: './openapi', meaning: 'The folder of these files.' }),
    OPENAPI_FILE_LIMIT: setting({
      parse: bytes,
      default: '5mb',
      meaning: 'The largest of these files, with `kb` or `mb`. A larger one is left out.',
    }),
    ENABLE_PROXY_API_TOOL: setting({
      parse: boolean,
      default: false,
      meaning: 'Offers `CALL_API_REQUEST`, with which agents write their own requests.',
    }),
  },
});

type ParagonValues = Values<typeof paragon>;

/**
 * Reads the settings of Paragon. The provider is on if PROJECT_ID is set.
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
    openApiFileBytes: values.OPENAPI_FILE_LIMIT,
    proxyTool: values.ENABLE_PROXY_API_TOOL,
    served: values.PARAGON_USERS,
  };
}

/**
 * Returns the issuer of Paragon User Tokens. They have no `iss` claim: every token signed with the project's key belongs to this issuer.
 */
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
    faults.push(excludes('SIGNING_KEY', 'SIGNING_KEY_PATH'));
    return undefined;
  }
  if (SIGNING_KEY !== undefined) return rsaKey('SIGNING_KEY', SIGNING_KEY, faults);
  if (SIGNING_KEY_PATH === undefined) {
    faults.push('SIGNING_KEY: is not set, but PROJECT_ID is; set it or SIGNING_KEY_PATH, or empty PROJECT_ID');
    return undefined;
  }
  const pem = readText(SIGNING_KEY_PATH);
  if (pem !== undefined) return rsaKey('SIGNING_KEY_PATH', pem, faults);
  faults.push('SIGNING_KEY_PATH: the file cannot be read; write the path of one that this user may read');
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
    // Our message is clearer than that of OpenSSL.
  }
  faults.push(`${variable}: is not an RSA private key; write one as PEM`);
  return undefined;
}
