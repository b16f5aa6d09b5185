import { Command, InvalidArgumentError } from 'commander';
import { type ApiKeyService, apiKeyView, CreateApiKeyDto, DEFAULT_TENANT, expiryOf } from '@manifold/auth';
import { DtoValidationPipe } from '@manifold/rest';
import { audited } from './audited-action.js';
import { backupCommand, type BackupEnvironment } from './backup.command.js';
import { importMcpApiCommand } from './import-mcp-api.command.js';
import { rotateSecretsCommand, type RotationEnvironment } from './rotate-secrets.command.js';

/** The environment of the commands. `withKeys` opens the store while it runs. */
export interface AdminEnvironment extends RotationEnvironment, BackupEnvironment {
  withKeys(use: (keys: ApiKeyService) => Promise<void>): Promise<void>;
  /**
   * Runs before each command that uses the database of the gateway, and prints which one that is.
   * @param mayMake whether a missing database is created
   * @throws Error if the database is missing and may not be created
   */
  checkDatabase(mayMake: boolean): Promise<void>;
}

interface CreateOptions {
  readonly name: string;
  readonly roles: string[];
  readonly issuer?: string;
  /** Milliseconds. */
  readonly expiresIn?: number;
}

/** Returns the program that administers a gateway from its own machine. A user who may read the store may create keys. */
export function adminProgram(environment: AdminEnvironment): Command {
  const { withKeys, checkDatabase, print, note, record } = environment;
  const overHttp = importMcpApiCommand(environment);
  const program = new Command('admin')
    .description('Administration of this gateway, on the database that its settings name')
    .option('--create-database', 'create the database if there is none, as the gateway does at its start')
    .hook('preAction', async (_program, command) => {
      if (command === overHttp) return;
      await checkDatabase(command.optsWithGlobals<{ createDatabase?: true }>().createDatabase ?? false);
    });

  program
    .command('create-key')
    .description('create an API key and print it once')
    .requiredOption('--name <name>', 'the name of the key, which is also its username')
    .requiredOption('--roles <roles>', 'user, operator, admin, service, separated by commas', separated)
    .option('--issuer <issuer>', 'the token issuer for whose users a service acts')
    .option('--expires-in <time>', 'for example 90d, 12h or 30m', duration)
    .action(({ name, roles, issuer, expiresIn }: CreateOptions) => {
      const target: Record<string, string> = { name, roles: roles.join(',') };
      const create = async (keys: ApiKeyService): Promise<void> => {
        const now = Date.now();
        const expiresAt = expiresIn === undefined ? undefined : new Date(now + expiresIn).toISOString();
        const wanted = await checked({ name, roles, issuer, expiresAt });
        const { key, record: made } = await keys.create({
          tenant: DEFAULT_TENANT,
          name: wanted.name,
          roles: wanted.roles,
          issuer: wanted.issuer,
          expiresAt: expiryOf(wanted.expiresAt, now),
          createdBy: 'npm run admin',
        });
        target.id = made.id;
        note(`API key ${name} (${made.id}). Keep it now: it is not shown again.`);
        print(key);
      };
      return audited({ record }, 'create-key', target, () => withKeys(create));
    });

  program
    .command('list-keys')
    .description('list the API keys, without the keys themselves')
    .action(() =>
      audited({ record }, 'list-keys', {}, () =>
        withKeys(async (keys) => {
          const views = (await keys.list(DEFAULT_TENANT)).map(apiKeyView);
          note(['ID', 'NAME', 'ROLES', 'ISSUER', 'CREATED', 'EXPIRES'].join('\t'));
          for (const { id, name, roles, issuer, createdAt, expiresAt } of views) {
            print([id, name, roles.join(','), issuer, createdAt, expiresAt ?? 'never'].join('\t'));
          }
        }),
      ),
    );

  program
    .command('revoke-key')
    .description('revoke an API key')
    .argument('<id>', 'as list-keys shows it')
    .action((id: string) =>
      audited({ record }, 'revoke-key', { id }, () =>
        withKeys(async (keys) => {
          await keys.revoke(DEFAULT_TENANT, id);
          note('The key is revoked. A gateway that is running refuses it within five seconds.');
        }),
      ),
    );

  return program
    .addCommand(backupCommand(environment))
    .addCommand(rotateSecretsCommand(environment))
    .addCommand(overHttp);
}

/** Checks the input by the rules of the REST route. @throws ProblemError that names what is wrong */
const checked = (wanted: object): Promise<CreateApiKeyDto> =>
  new DtoValidationPipe().transform(wanted, { type: 'body', metatype: CreateApiKeyDto }) as Promise<CreateApiKeyDto>;

const separated = (list: string): string[] => list.split(',').map((item) => item.trim());

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) throw new InvalidArgumentError('Give a number of d, h or m.');
  return Number(count) * UNITS[unit]!;
}
