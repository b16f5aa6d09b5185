import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { GatewayClient } from './gateway-client.js';

/** The output of the command. */
export interface ImportEnvironment {
  /** Prints a line for scripts. */
  print(line: string): void;
  /** Prints a line for people. */
  note(line: string): void;
  /** Sets the exit code of the process, if it ends without an error. */
  exitWith(code: number): void;
}

interface ImportOptions {
  readonly from: string;
  readonly database?: string;
  readonly secrets: string;
  readonly secretsKey?: string;
  readonly secretsKeyFile?: string;
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly apply: boolean;
}

/** Exit code: some records were not brought over. */
const EXIT_INCOMPLETE = 2;

/**
 * The command that moves an mcp-api to this gateway. It brings records over by the REST API, so that they are checked, sealed and audited as
 * if clients had sent them.
 */
export function importMcpApiCommand({ print, note, exitWith }: ImportEnvironment): Command {
  return new Command('import-mcp-api')
    .description("bring servers, packages, users' secrets and OAuth tokens of an mcp-api over to a running gateway")
    .addOption(new Option('--from <url>', 'the MongoDB of the mcp-api').env('MCP_API_MONGO_URL').makeOptionMandatory())
    .addOption(new Option('--database <name>', 'its MONGO_DBNAME, unless the URL names it').env('MCP_API_DBNAME'))
    .option('--secrets <name>', 'its SECRETS_DBNAME', 'secrets')
    .addOption(new Option('--secrets-key <key>', 'its SECRETS_KEY').env('MCP_API_SECRETS_KEY'))
    .option('--secrets-key-file <path>', 'a file that holds its SECRETS_KEY')
    .addOption(new Option('--url <url>', 'where this gateway is').env('MANIFOLD_URL').default('http://localhost:3001'))
    .addOption(new Option('--token <token>', 'an API key: user, operator and service').env('MANIFOLD_TOKEN'))
    .addOption(new Option('--token-file <path>', 'a file that holds the API key').env('MANIFOLD_TOKEN_FILE'))
    .option('--apply', 'bring the records over; without it, only say what would happen', false)
    .action(async ({ apply, ...options }: ImportOptions) => {
      const { importPlan, OriginalSeal, ImportTarget, readOriginal, runImport, sealedValues } =
        await import('./import-mcp-api/index.js');
      const records = await readOriginal({ ...options, url: options.from });
      if (records.secrets.length === 0) note(`The collection ${options.secrets} has no secrets`);
      const key = options.secretsKey ?? contentOf(options.secretsKeyFile);
      const seal = key === undefined ? undefined : new OriginalSeal(key);
      requireKey(sealedValues(records, seal), seal !== undefined);
      const target = new ImportTarget(
        new GatewayClient(options.url, options.token ?? contentOf(options.tokenFile) ?? null),
      );
      const { taken, present, failed } = await runImport(importPlan(records, seal), { target, apply, print });
      note(`${taken} ${apply ? 'imported' : 'to import'}, ${present} present already, ${failed} failed`);
      if (!apply) note('Nothing was changed. Run it with --apply to import the records.');
      if (failed > 0) exitWith(EXIT_INCOMPLETE);
    });
}

const contentOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, 'utf8').trim();

/** @throws Error if there are sealed values and the key opens none of them */
function requireKey({ all, opened }: { readonly all: number; readonly opened: number }, isGiven: boolean): void {
  if (all === 0 || opened > 0) return;
  const fault = isGiven ? 'The key opens none of them' : 'Give the SECRETS_KEY of the mcp-api: --secrets-key-file';
  throw new Error(`The mcp-api has ${all} sealed secrets and tokens. ${fault}. Nothing was changed`);
}
