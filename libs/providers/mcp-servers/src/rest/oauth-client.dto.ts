import { Matches } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { IsHttpUrl } from '@manifold/server-model';

const CREDENTIAL = /^[\x20-\x7e]{1,4096}$/;

/** An OAuth client that an operator has registered for the gateway at an authorization server. */
export class OAuthClientDto {
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
