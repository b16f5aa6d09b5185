import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { echoServer } from '../support/upstreams.js';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true, // of the packages: what is generated is no declaration file
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
  files: ['consumer.mts', 'gateway-api.ts'],
};

describe('A client that is generated from the API document', () => {
  let gateway: GatewayProcess;
  let folder: string;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production', PUBLIC_DETAILS: 'true' } });
    folder = await mkdtemp(join(tmpdir(), 'manifold-client-'));
  });

  afterAll(async () => {
    await gateway.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** @returns what the program said; its errors are in the message of the rejection, those of the compiler on stdout */
  const program = (file: string, ...args: string[]): Promise<string> =>
    run(process.execPath, [file, ...args], { cwd: folder }).then(
      ({ stdout }) => stdout,
      ({ stdout, stderr }: { stdout: string; stderr: string }) => Promise.reject(new Error(`${stdout}${stderr}`)),
    );

  it(
    cites('operation.openapi-client', 'compiles strictly and works: servers, secrets, tools, packages, keys'),
    async () => {
      const document = await (await fetch(`${gateway.url}/docs-json`)).text();
      await writeFile(join(folder, 'docs.json'), document);
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
      await copyFile(join(ROOT, 'test/api-client/consumer.mts'), join(folder, 'consumer.mts'));
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

      await program(join(ROOT, 'node_modules/openapi-typescript/bin/cli.js'), 'docs.json', '-o', 'gateway-api.ts');
      await program(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json');

      const key = await createApiKey(gateway, 'consumer', 'user,operator,admin,service');
      const { command, args } = echoServer();
      const said = await program('consumer.mjs', gateway.url, key, command, args[0]!);
      expect(said.trim().split('\n')).toEqual(['health', 'servers', 'secrets', 'tools', 'packages', 'apiKeys', 'end']);
    },
  );
});
