import { IsString } from 'class-validator';

/** The link that the user follows. */
export class UseSetupLinkDto {
  /** The `token` of the link. */
  @IsString()
  token: string;
}

/** What the Connect SDK in the user's browser needs to connect one integration. */
export class SetupCredentialsDto {
  /** The Paragon project. */
  projectId: string;

  /** A Paragon User Token of the user, good for ten minutes. */
  userToken: string;

  /** Paragon's name of the integration. */
  integration: string;
}
