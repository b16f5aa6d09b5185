import { IsString, Length, Matches } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { SECRET_NAME, SERVER_NAME } from '@manifold/server-model';

class OfServerDto {
  /**
   * The user who owns the secret. The default is the caller, or "default" for callers with the role `service`.
   * Only these callers may name another user.
   */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  username?: string;

  /** The name of the registered server that the secret is for. */
  @IsString()
  @Matches(SERVER_NAME, { message: 'serverName must be the name of a registered server' })
  serverName: string;
}

export class ConfirmSecretsDto extends OfServerDto {
  /** The destination that the user trusts, as `GET /mcp/user/servers/{name}` returns it. */
  @IsString()
  @Length(1, 2_048)
  destination: string;
}

export class DeleteSecretDto extends OfServerDto {
  /** The name of the argument or environment variable that carries the secret, or the name in the server's `secretHeaders`. */
  @IsString()
  @Matches(SECRET_NAME, {
    message:
      'secretName must be 1 to 128 letters, digits, dots, dashes or underscores, and start with a letter or underscore',
  })
  secretName: string;
}

export class SetSecretDto extends DeleteSecretDto {
  /** Values of at least 8 characters are replaced where a server repeats them in an answer. */
  @IsString()
  @Length(1, 65_536)
  secretValue: string;
}

export class ConfirmedSecretsDto {
  success: boolean;

  /** The names of the secrets that were asleep. The server gets them from now on. */
  confirmed: string[];
}
