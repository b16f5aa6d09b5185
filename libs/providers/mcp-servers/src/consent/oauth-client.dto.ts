import { Matches } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { IsHttpUrl } from '@manifold/server-hosting';

const CREDENTIAL = /^[\x20-\x7e]{1,4096}$/;

/** The gateway as a client that an operator has registered at an authorization server. */
export class OAuthClientDto {
  /** The authorization server, exactly as it names itself. Its client is shown to no other. */
  @IsHttpUrl()
  issuer: string;

  @Matches(CREDENTIAL, { message: 'clientId must be 1 to 4096 printable ASCII characters' })
  clientId: string;

  /** Not needed for a public client. No route shows it. */
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

  /** What has to be registered at the authorization server. */
  redirectUri: string;
}
