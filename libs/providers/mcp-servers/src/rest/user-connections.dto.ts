import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { IfGiven, IgnoresUnknown } from '@manifold/rest';

/** Visible ASCII, which a header can carry (RFC 6750, 2.1; RFC 6749, appendix A). */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
const CREDENTIAL = /^[\x20-\x7e]{1,4096}$/;
/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
/** RFC 7636, 4.1. */
const CODE_VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const TEN_YEARS = 315_360_000;

/**
 * Tokens that another system obtained for a user, and the OAuth client that it used. Fields that are not known are ignored, and named in
 * the `warnings` of the answer.
 */
@IgnoresUnknown()
export class StoreTokensDto {
  /**
   * The user who owns the tokens. The default is the caller, or "default" for callers with the role `service`.
   * Only these callers may name another user.
   */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  username?: string;

  /** The token type. Only bearer tokens are supported. */
  @IfGiven()
  @Matches(/^bearer$/i, { message: 'tokenType must be "Bearer"' })
  tokenType?: string;

  @Matches(TOKEN, { message: 'accessToken must be 1 to 16384 visible ASCII characters' })
  accessToken: string;

  /** The refresh token. Without it, the user must connect again when the access token has expired. */
  @IfGiven()
  @Matches(TOKEN, { message: 'refreshToken must be 1 to 16384 visible ASCII characters' })
  refreshToken?: string;

  /** Lifetime of the access token in seconds from now. Without it, the gateway uses the token until the server refuses it. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(TEN_YEARS)
  expiresIn?: number;

  /** The scopes that the user has granted. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SCOPE, { each: true, message: 'each of scopes must be a scope of RFC 6749' })
  scopes?: string[];

  /** The OAuth client. Required with a refresh token, which only its own client can use, and with a client secret. */
  @IfGiven()
  @Matches(CREDENTIAL, { message: 'clientId must be 1 to 4096 printable ASCII characters' })
  clientId?: string;

  @IfGiven()
  @Matches(CREDENTIAL, { message: 'clientSecret must be 1 to 4096 printable ASCII characters' })
  clientSecret?: string;

  /** The redirect URI of the other system. Accepted but not stored, because a refresh does not need it. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  redirectUri?: string;

  /** The PKCE code verifier of the completed exchange. Accepted but not stored. */
  @IfGiven()
  @Matches(CODE_VERIFIER, { message: 'codeVerifier must be a code verifier of RFC 7636' })
  codeVerifier?: string;
}

/** The public data of a connection. Times are in ISO 8601 format. */
export class ConnectionDto {
  /** State of the connection. `expired`: the user must connect again. */
  @ApiProperty({ enum: ['connected', 'expired', 'none'] })
  state: 'connected' | 'expired' | 'none';

  /** The scopes that the user has granted. */
  scopes: string[];

  issuedAt?: string;

  /** Time at which the access token expires. If it can be refreshed, the gateway refreshes it before this time. */
  expiresAt?: string;

  canRefresh: boolean;

  /** The issuer of the authorization server. Absent if the gateway does not know it. */
  authorizationServer?: string;
}

export class ConnectionAnswerDto {
  success: boolean;
  connection: ConnectionDto;
}
