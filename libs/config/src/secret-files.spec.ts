import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './model/config.js';
import { loadConfig } from './load-config.js';

describe('secrets in files', () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'manifold-secret-files-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o400 });
    return path;
  }

  function faultsOf(environment: Record<string, string>): readonly string[] {
    try {
      loadConfig(environment);
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  }

  it('are as good as in the environment, without the line break at their end', () => {
    const environment = {
      MONGO_URL_FILE: file('mongo-url', 'mongodb://user:pass@db/\n'),
      REDIS_URL_FILE: file('redis-url', 'rediss://:pass@cache\n'),
      INTEGRATION_APP_WORKSPACE_KEY: 'workspace',
      INTEGRATION_APP_WORKSPACE_SECRET_FILE: file('workspace-secret', 'a secret of the workspace\r\n'),
      GOOGLE_OAUTH_CREDENTIALS_FILE: file('google', '{\n  "web": { "client_id": "g" }\n}\n'),
      OAUTH2_CREDENTIALS_FILE: file('others', '{"slack":{"client_id":"s"}}'),
    };
    const config = loadConfig(environment);
    expect(config).toEqual(
      loadConfig({
        MONGO_URL: 'mongodb://user:pass@db/',
        REDIS_URL: 'rediss://:pass@cache',
        INTEGRATION_APP_WORKSPACE_KEY: 'workspace',
        INTEGRATION_APP_WORKSPACE_SECRET: 'a secret of the workspace',
        GOOGLE_OAUTH_CREDENTIALS: '{"web":{"client_id":"g"}}',
        OAUTH2_CREDENTIALS: '{"slack":{"client_id":"s"}}',
      }),
    );
    expect(config.integrationApp?.signingSecret?.export().toString()).toBe('a secret of the workspace');
    expect(config.mongo?.url).toBe('mongodb://user:pass@db/');
  });

  it('keep what is a part of them: blanks, and all line breaks but the last', () => {
    const MONGO_PASS_FILE = file('password', ' pass\nword \n');
    const config = loadConfig({ MONGO_HOST: 'db', MONGO_USER: 'u', MONGO_PASS_FILE });
    expect(config.mongo?.url).toBe('mongodb://u:%20pass%0Aword%20@db/');
  });

  it('are not looked for where the variable is empty', () => {
    expect(loadConfig({ MONGO_URL_FILE: '' })).toEqual(loadConfig({}));
    expect(faultsOf({ MONGO_URL: '', MONGO_URL_FILE: file('url', 'mongodb://db') })).toEqual([]);
  });

  it('stop the start when they are also in the environment, cannot be read or are empty', () => {
    const nowhere = join(folder, 'nowhere');
    const empty = file('empty', '\n');
    expect(
      faultsOf({
        MONGO_URL: 'mongodb://hunter2@db',
        MONGO_URL_FILE: file('url', 'mongodb://hunter3@db'),
        MONGO_PASS_FILE: nowhere,
        INTEGRATION_APP_WORKSPACE_SECRET_FILE: empty,
        OAUTH2_CREDENTIALS_FILE: folder,
      }),
    ).toEqual([
      'MONGO_URL: MONGO_URL_FILE is set, too; set only one of them',
      `MONGO_PASS_FILE: the file cannot be read (ENOENT); make ${nowhere} readable for this user`,
      `OAUTH2_CREDENTIALS_FILE: the file cannot be read (EISDIR); make ${folder} readable for this user`,
      `INTEGRATION_APP_WORKSPACE_SECRET_FILE: the file is empty; write the value of INTEGRATION_APP_WORKSPACE_SECRET into ${empty}`,
    ]);
  });

  it('stop the start with a line that does not show them when what they hold is wrong', () => {
    const faults = faultsOf({ MONGO_URL_FILE: file('url', 'postgres://hunter2@db') });
    expect(faults).toEqual([
      'MONGO_URL: does not have the right form; write a URL that starts with mongodb:// or mongodb+srv://',
    ]);
  });
});
