import { isSameIssuer } from './metadata-rules.js';

export const TOKEN_ENDPOINT_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type TokenEndpointAuthMethod = (typeof TOKEN_ENDPOINT_AUTH_METHODS)[number];

/** Corrections that an operator makes to the authorization of one server. Every member is optional. */
export interface VendorSettings {
  /** Vendor whose usual settings apply where a member is missing. */
  readonly preset?: VendorPreset;
  /** Issuer to ask, instead of those that the server names. */
  readonly issuer?: string;
  /**
   * Issuer that the metadata and the answers of the authorization server may name instead of the one that an operator has given. It counts
   * for no issuer that only the server names: that could speak for any other.
   */
  readonly issuerAlias?: string;
  /** Endpoints in place of those in the metadata. With the first two, no metadata is needed. */
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly registrationEndpoint?: string;
  /** How the gateway authenticates at the token endpoint, in place of the methods that the metadata name. */
  readonly tokenEndpointAuthMethod?: TokenEndpointAuthMethod;
  /**
   * `assumed`: PKCE with S256 is used also where the metadata do not mention it. `required`: they must. Otherwise, it is assumed for a
   * client with a secret that an operator has registered.
   */
  readonly pkce?: 'assumed' | 'required';
  /** Parameter `resource` (RFC 8707); null: it is left out. */
  readonly resource?: string | null;
  /** Scopes to ask for, instead of those that the server names. */
  readonly scopes?: readonly string[];
  /**
   * Whether `offline_access` is asked for beside all other scopes, to get a refresh token, although the metadata do not name it. Presets set
   * it.
   */
  readonly offlineAccess?: boolean;
  /** `oauth`: the server answers 403 or 400 where the specification says 401, to ask for an access token. */
  readonly auth?: 'oauth';
  /** Further parameters of the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
}

/** Usual settings of vendors. Those with their own client registration need only their issuer. */
export const VENDOR_PRESETS = {
  atlassian: {
    issuer: 'https://auth.atlassian.com',
    authorizationEndpoint: 'https://auth.atlassian.com/authorize',
    tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
    tokenEndpointAuthMethod: 'client_secret_post',
    resource: null,
    offlineAccess: true,
    authorizationParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
  },
  entra: { pkce: 'assumed', resource: null, offlineAccess: true },
  github: {
    issuer: 'https://github.com/login/oauth',
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    tokenEndpointAuthMethod: 'client_secret_post',
    resource: null,
  },
  google: {
    issuer: 'https://accounts.google.com',
    resource: null,
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
  },
  linear: { issuer: 'https://mcp.linear.app' },
  notion: { issuer: 'https://mcp.notion.com' },
  salesforce: { pkce: 'assumed', resource: null, authorizationParameters: { prompt: 'consent' } },
  sentry: { issuer: 'https://mcp.sentry.dev' },
  slack: {
    issuer: 'https://slack.com',
    authorizationEndpoint: 'https://slack.com/oauth/v2_user/authorize',
    tokenEndpoint: 'https://slack.com/api/oauth.v2.user.access',
    tokenEndpointAuthMethod: 'client_secret_post',
    resource: null,
  },
} as const satisfies Readonly<Record<string, VendorSettings>>;

export type VendorPreset = keyof typeof VENDOR_PRESETS;

/** Returns the settings with those of their preset. */
export function withPreset(settings: VendorSettings): VendorSettings {
  const preset: VendorSettings = settings.preset ? VENDOR_PRESETS[settings.preset] : {};
  const authorizationParameters = { ...preset.authorizationParameters, ...settings.authorizationParameters };
  return { ...preset, ...settings, authorizationParameters };
}

/**
 * Returns whether settings send the secret of a client, or the code that is worth as much, elsewhere than earlier ones.
 * @param issuer issuer of the client, which counts where settings name none
 */
export function sendsElsewhere(issuer: string, before: VendorSettings = {}, after: VendorSettings = {}): boolean {
  const [held, wanted] = [withPreset(before), withPreset(after)];
  const members = ['issuerAlias', 'authorizationEndpoint', 'tokenEndpoint'] as const;
  return (
    !isSameIssuer(held.issuer ?? issuer, wanted.issuer ?? issuer) ||
    members.some((member) => held[member] !== wanted[member])
  );
}

/** Parameters that the gateway sets itself, or that would change where and how the answer comes back. */
const RESERVED = new Set([
  'client_assertion',
  'client_assertion_type',
  'client_id',
  'client_secret',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'dpop_jkt',
  'grant_type',
  'iss',
  'redirect_uri',
  'refresh_token',
  'request',
  'request_uri',
  'resource',
  'response_mode',
  'response_type',
  'scope',
  'state',
]);

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const VALUE = /^[\x20-\x7e]{1,1024}$/;
const MOST_PARAMETERS = 20;

/** Returns whether an operator may set this parameter of authorization requests. */
export const isFreeParameter = (name: string): boolean => NAME.test(name) && !RESERVED.has(name.toLowerCase());

/** Returns whether a value can be the `authorizationParameters` of settings. */
export function areAuthorizationParameters(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_PARAMETERS &&
    entries.every(([name, text]) => isFreeParameter(name) && typeof text === 'string' && VALUE.test(text))
  );
}
