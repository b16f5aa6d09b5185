import { IsString, Length, Matches } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { SECRET_NAME, SERVER_NAME } from '@manifold/server-hosting';

export class DeleteSecretDto {
  /** Whose secret it is. Oneself unless given; callers with the role `service` act as "default" unless given. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  username?: string;

  /** The registered server that gets the secret. */
  @IsString()
  @Matches(SERVER_NAME, { message: 'serverName must be the name of a registered server' })
  serverName: string;

  /** The name of the argument or variable as which the server gets the secret, or the one that its `secretHeaders` use. */
  @IsString()
  @Matches(SECRET_NAME, {
    message:
      'secretName must be 1 to 128 letters, digits, dots, dashes or underscores, and start with a letter or underscore',
  })
  secretName: string;
}

export class SetSecretDto extends DeleteSecretDto {
  @IsString()
  @Length(1, 65_536)
  secretValue: string;
}
