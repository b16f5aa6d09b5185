import { Matches } from 'class-validator';

/** The link that the user follows. */
export class UseConnectLinkDto {
  /** The `link` of its URL. */
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'link must be the token of a connect link' })
  link: string;
}

/** Where the user's browser goes on. */
export class DepartureDto {
  /** The page of the authorization server on which the user consents. */
  authorizationUrl: string;
}
