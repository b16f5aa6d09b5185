import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { configOf } from './load-config.js';
import { GROUPS, readSettings, VARIABLES } from './settings.js';

const DECLARED = GROUPS.flatMap(({ settings }) => Object.entries(settings));
const NAMES = DECLARED.map(([name]) => name);

describe('the declarations of the settings', () => {
  it('are what .env.example and docs/OPERATIONS.md say', async () => {
    const check = promisify(execFile)(process.execPath, ['scripts/settings-docs.mjs', '--check']);
    const { stderr } = await check.catch((error: Error & { stderr: string }) => error);
    expect(stderr).toBe('');
  });

  it('make tables whose cells stay apart, whatever stands in them', () => {
    const [, tables] = /<!-- settings:begin([^]*)<!-- settings:end/.exec(readFileSync('docs/OPERATIONS.md', 'utf8'))!;
    const rows = [...tables!.matchAll(/^\|.*$/gm)].map(([row]) => row.split(/(?<!\\)\|/).length);
    expect(rows.length).toBeGreaterThan(NAMES.length);
    expect(new Set(rows)).toEqual(new Set([5])); // three cells, and what stands before and after them
  });

  it('name each setting once', () => {
    expect(NAMES.filter((name, index) => NAMES.indexOf(name) !== index)).toEqual([]);
    expect(VARIABLES.size).toBeGreaterThan(NAMES.length);
  });

  it.each(['development', 'production'])('have defaults that can be used in %s', (NODE_ENV) => {
    const faults: string[] = [];
    readSettings({ NODE_ENV }, faults);
    expect(faults).toEqual([]);
  });

  it.each(DECLARED)('say in sentences what %s does', (_name, { meaning }) => {
    expect(meaning).toMatch(/^[A-Z`].*\.$/);
  });

  it('are all read: the configuration is made of every one of them', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const environment = {
      MONGO_HOST: 'db',
      PROJECT_ID: 'project',
      SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      INTEGRATION_APP_WORKSPACE_KEY: 'workspace',
      INTEGRATION_APP_WORKSPACE_SECRET: 'secret of the workspace',
      ENABLE_CUSTOM_OPENAPI_ACTIONS: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector',
    };
    const read = new Set<string>();
    const noted = new Proxy(readSettings(environment, []), {
      get: (values, name, receiver): unknown => {
        read.add(String(name));
        return Reflect.get(values, name, receiver);
      },
    });
    const faults: string[] = [];
    configOf(noted, faults, {});
    expect(faults).toEqual([]);
    expect(NAMES.filter((name) => !read.has(name))).toEqual([]);
  });
});

/** The variables that code reads by name. */
function variablesOf(code: string): string[] {
  const single = [...code.matchAll(/\bprocess\.env(?:\.|\[['"`])(\w+)/g)].map(([, name]) => name!);
  const several = [...code.matchAll(/\{([^{}]*)\}\s*=\s*process\.env\b/g)].flatMap(([, names]) =>
    names!.split(',').map((name) => name.split(/[:=]/)[0]!.trim()),
  );
  return [...single, ...several].filter((name) => name !== '');
}

describe('the code', () => {
  it('is searched for the variables that it reads', () => {
    const code = 'process.env.ONE; process.env["TWO"]; const { THREE, FOUR: four = 4, } = process.env;';
    expect(variablesOf(code)).toEqual(['ONE', 'TWO', 'THREE', 'FOUR']);
  });

  it('reads no variable that is not declared', () => {
    const files = ['apps', 'libs'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    );
    const product = files.filter((file) => /\.[cm]?[jt]s$/.test(file) && !/\.spec\.ts$|\/testing\//.test(file));
    const read = product.flatMap((file) => variablesOf(readFileSync(file, 'utf8')));
    expect(product.length).toBeGreaterThan(100);
    expect(read.filter((name) => !VARIABLES.has(name))).toEqual([]);
  });
});
