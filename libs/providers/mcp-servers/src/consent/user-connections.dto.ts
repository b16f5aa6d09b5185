import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { IfGiven } from '@manifold/rest';

/** Visible ASCII: what a header can carry (RFC 6750, 2.1; RFC 6749, appendix A). */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
const CREDENTIAL = /^[\x20-\x7e]{1,4096}$/;
/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
/** RFC 7636, 4.1. */
const CODE_VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const TEN_YEARS = 315_360_000;

/** Tokens that another system got for a user, and the client that it got them as. */
export class StoreTokensDto {
  /** Whose they are. Oneself unless given; callers with the role `service` act as "default" unless given. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  username?: string;

  /** Only bearer tokens can be used. */
  @IfGiven()
  @Matches(/^bearer$/i, { message: 'tokenType must be "Bearer"' })
  tokenType?: string;

  @Matches(TOKEN, { message: 'accessToken must be 1 to 16384 visible ASCII characters' })
  accessToken: string;

  /** Without it the user has to connect again when the access token has expired. */
  @IfGiven()
  @Matches(TOKEN, { message: 'refreshToken must be 1 to 16384 visible ASCII characters' })
  refreshToken?: string;

  /** Seconds from now. Without it the token is used until the server refuses it. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(TEN_YEARS)
  expiresIn?: number;

  /** As granted. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(SCOPE, { each: true, message: 'each of scopes must be a scope of RFC 6749' })
  scopes?: string[];

  /** Needed with a refresh token: only the client that it was issued to can use it. */
  @IfGiven()
  @Matches(CREDENTIAL, { message: 'clientId must be 1 to 4096 printable ASCII characters' })
  clientId?: string;

  @IfGiven()
  @Matches(CREDENTIAL, { message: 'clientSecret must be 1 to 4096 printable ASCII characters' })
  clientSecret?: string;

  /** Where the other system got its answer. Not kept: a refresh does not need it. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  redirectUri?: string;

  /** Of the exchange that is over. Not kept. */
  @IfGiven()
  @Matches(CODE_VERIFIER, { message: 'codeVerifier must be a code verifier of RFC 7636' })
  codeVerifier?: string;
}

/** What may be shown of a connection. Times are ISO 8601. */
export class ConnectionDto {
  /** `expired`: the user has to connect again. */
  @ApiProperty({ enum: ['connected', 'expired', 'none'] })
  state: 'connected' | 'expired' | 'none';

  /** As granted. */
  scopes: string[];

  issuedAt?: string;

  /** Of the access token; it is refreshed before. */
  expiresAt?: string;

  canRefresh: boolean;

  /** Its issuer, where the gateway knows it. */
  authorizationServer?: string;
}

export class ConnectionAnswerDto {
  success: boolean;
  connection: ConnectionDto;
}
