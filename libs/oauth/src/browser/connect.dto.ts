import { Matches } from 'class-validator';

/** Link that the user follows. */
export class UseConnectLinkDto {
  /** Query parameter `link` of the link's URL. */
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'link must be the token of a connect link' })
  link: string;
}

/** Next step of the user's browser. */
export class DepartureDto {
  /** URL of the page on which the user consents. */
  authorizationUrl: string;
}
