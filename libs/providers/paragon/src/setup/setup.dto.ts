import { IsString } from 'class-validator';

/** The setup link that the user has opened. */
export class UseSetupLinkDto {
  /** The `token` parameter of the link. */
  @IsString()
  token: string;
}

/** The data that the Connect SDK in the user's browser needs to connect one integration. */
export class SetupCredentialsDto {
  /** The ID of the Paragon project. */
  projectId: string;

  /** A Paragon User Token of the user. It is valid for ten minutes. */
  userToken: string;

  /** Paragon's key of the integration, such as `slack` or `custom.spotify`. */
  integration: string;
}
