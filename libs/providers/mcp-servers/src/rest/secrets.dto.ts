import { IsString, Length, Matches, ValidateBy } from 'class-validator';
import { IfGiven, IgnoresUnknown } from '@manifold/rest';
import { SECRET_NAME, SERVER_NAME } from '@manifold/server-model';
import { withoutServer } from '../registry/secret-names.js';

/** Requires the name of a secret, which may follow the name of the server: `mcp-github.GITHUB_TOKEN`. */
const IsSecretName = (): PropertyDecorator =>
  ValidateBy({
    name: 'isSecretName',
    validator: {
      validate: (value: unknown, args) => {
        const { serverName } = args!.object as Partial<DeleteSecretDto>;
        return typeof value === 'string' && SECRET_NAME.test(withoutServer(String(serverName), value));
      },
      defaultMessage: () =>
        'secretName must be 1 to 128 letters, digits, dots, dashes or underscores, and start with a letter or underscore',
    },
  });

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

/** Fields that are not known are ignored, and named in the `warnings` of the answer. */
@IgnoresUnknown()
export class DeleteSecretDto extends OfServerDto {
  /**
   * The name of the argument or environment variable that carries the secret, or the name in the server's `secretHeaders`. It may follow the
   * name of the server and a dot.
   */
  @IsString()
  @IsSecretName()
  secretName: string;
}

/** Fields that are not known are ignored, and named in the `warnings` of the answer. */
@IgnoresUnknown()
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
