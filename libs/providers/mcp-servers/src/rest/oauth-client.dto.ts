import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, Matches, ValidateBy, ValidateIf } from 'class-validator';
import {
  areAuthorizationParameters,
  TOKEN_ENDPOINT_AUTH_METHODS,
  VENDOR_PRESETS,
  type TokenEndpointAuthMethod,
  type VendorPreset,
} from '@manifold/oauth';
import { IfGiven } from '@manifold/rest';
import { IsHttpUrl } from '@manifold/server-model';

const CREDENTIAL = /^[\x20-\x7e]{1,4096}$/;
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]{1,2000}$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
const PRESETS = Object.keys(VENDOR_PRESETS) as VendorPreset[];

/** Returns whether a value of `resource` says that the parameter is left out. */
export const isNoResource = (value: unknown): boolean => value === null || value === '' || value === 'none';

/** Corrections that an operator makes to what the authorization server of one server says. */
class CorrectionsDto {
  /** The usual settings of a vendor, where a member is not given. */
  @ApiProperty({ required: false, enum: PRESETS })
  @IfGiven()
  @IsIn(PRESETS)
  preset?: VendorPreset;

  /** Another issuer that the metadata and the answers of the authorization server may name. It needs an `issuer` that an operator has set. */
  @IfGiven()
  @IsHttpUrl()
  issuerAlias?: string;

  /** The authorization endpoint, in place of that in the metadata. With `tokenEndpoint`, no metadata is read. */
  @IfGiven()
  @IsHttpUrl()
  authorizationEndpoint?: string;

  /** The token endpoint, in place of that in the metadata. */
  @IfGiven()
  @IsHttpUrl()
  tokenEndpoint?: string;

  /** The registration endpoint, in place of that in the metadata. */
  @IfGiven()
  @IsHttpUrl()
  registrationEndpoint?: string;

  /** How the gateway authenticates at the token endpoint, in place of the methods that the metadata name. */
  @ApiProperty({ required: false, enum: TOKEN_ENDPOINT_AUTH_METHODS })
  @IfGiven()
  @IsIn(TOKEN_ENDPOINT_AUTH_METHODS)
  tokenEndpointAuthMethod?: TokenEndpointAuthMethod;

  /**
   * `assumed`: the authorization server supports PKCE with S256, although its metadata do not say so. `required`: the metadata must say so,
   * also for a client with a secret.
   */
  @ApiProperty({ required: false, enum: ['assumed', 'required'] })
  @IfGiven()
  @IsIn(['assumed', 'required'])
  pkce?: 'assumed' | 'required';

  /** The parameter `resource` of requests to the authorization server. `none` or null: it is left out. */
  @ApiProperty({ required: false, type: String, nullable: true })
  @ValidateIf((_, value) => value !== undefined && !isNoResource(value))
  @Matches(ABSOLUTE_URI, { message: 'resource must be an absolute URI without a fragment, or none' })
  resource?: string | null;

  /** The scopes to ask for, instead of those that the server names. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SCOPE, { each: true, message: 'each of scopes must be a scope' })
  scopes?: string[];

  /** `oauth`: the server answers 403 or 400 instead of 401 to requests without an access token, or with one that has ended. */
  @ApiProperty({ required: false, enum: ['oauth'] })
  @IfGiven()
  @IsIn(['oauth'])
  auth?: 'oauth';

  /**
   * Further parameters of the authorization request, such as `access_type`. Parameters that the gateway sets itself are refused: `state`,
   * `redirect_uri`, `client_id`, `response_type`, `scope`, `resource`, those of PKCE, and others like them.
   */
  @ApiProperty({ selfRequired: false, type: 'object', additionalProperties: { type: 'string' } })
  @IfGiven()
  @ValidateBy({
    name: 'areAuthorizationParameters',
    validator: {
      validate: areAuthorizationParameters,
      defaultMessage: () =>
        'authorizationParameters must have at most 20 texts, none of which the gateway sets itself, such as state or redirect_uri',
    },
  })
  authorizationParameters?: Record<string, string>;
}

/** An OAuth client that an operator has registered for the gateway at an authorization server. Other members change the settings. */
export class OAuthClientDto extends CorrectionsDto {
  /** The issuer, exactly as in the metadata of the authorization server. The credentials are sent to this server only. */
  @IsHttpUrl()
  issuer: string;

  @Matches(CREDENTIAL, { message: 'clientId must be 1 to 4096 printable ASCII characters' })
  clientId: string;

  /** The client secret. A public client has none. No route returns it. */
  @IfGiven()
  @Matches(CREDENTIAL, { message: 'clientSecret must be 1 to 4096 printable ASCII characters' })
  clientSecret?: string;
}

export class OAuthSettingsDto extends CorrectionsDto {
  /** The issuer of the authorization server to ask, instead of those that the server names. */
  @IfGiven()
  @IsHttpUrl()
  issuer?: string;
}

export class OAuthSettingsAnswerDto {
  success: boolean;
  settings: OAuthSettingsDto;
}

export class KnownOAuthClientDto {
  issuer: string;
  clientId: string;
  hasSecret: boolean;
}

export class OAuthClientAnswerDto {
  success: boolean;
  client: KnownOAuthClientDto;

  /** The redirect URI that the operator must register at the authorization server. */
  redirectUri: string;
}
