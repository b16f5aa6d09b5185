import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WrongSecretsKeyError } from '../secrets-errors.js';
import { DevelopmentKeyTexts } from './development-key.js';
import { FileKeyTexts } from './key-file.js';
import { EnvironmentKeyTexts, type KeyTexts } from './key-texts.js';
import { LocalMasterKeys } from './local-master-keys.js';

const ONE = 'bMVdTGr0MJNqH6nVJkZcW3v8sBqzXyPu';
const TWO = 'k3sVfY1uQ9xTzR7wLmNcB5hJdGpEaX2o';
const DATA_KEY = Buffer.alloc(32, 7);

describe('LocalMasterKeys', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifold-keys-'));
    file = join(folder, 'keys');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function keyFile(content: string, mode = 0o600): Promise<LocalMasterKeys> {
    await writeFile(file, content);
    await chmod(file, mode);
    return new LocalMasterKeys(new FileKeyTexts(file, true));
  }

  const SOURCES: [string, () => Promise<KeyTexts>][] = [
    ['of the environment', () => Promise.resolve(new EnvironmentKeyTexts([ONE]))],
    ['of a file', async () => (await keyFile(`${ONE}\n`), new FileKeyTexts(file, true))],
    ['of development', () => Promise.resolve(new DevelopmentKeyTexts(folder))],
  ];

  it.each(SOURCES)('%s unwrap what they wrapped, in this context only', async (_which, texts) => {
    const keys = new LocalMasterKeys(await texts());
    const { wrapped, masterKeyId } = await keys.wrap(DATA_KEY, ['a']);
    expect(masterKeyId).toBe(await keys.currentId());
    expect(await keys.unwrap(wrapped, ['a'], masterKeyId)).toEqual(DATA_KEY);
    expect(await keys.unwrap(wrapped, ['a'])).toEqual(DATA_KEY); // from before there were ids
    await expect(keys.unwrap(wrapped, ['b'], masterKeyId)).rejects.toThrow(WrongSecretsKeyError);
    await expect(keys.unwrap(wrapped, ['a'], '0123456789abcdef')).rejects.toThrow(WrongSecretsKeyError);
  });

  it('wrap under the first key, and unwrap under each', async () => {
    const old = await new LocalMasterKeys(new EnvironmentKeyTexts([ONE])).wrap(DATA_KEY, []);
    const ring = new LocalMasterKeys(new EnvironmentKeyTexts([TWO, ONE]));
    expect(await ring.unwrap(old.wrapped, [], old.masterKeyId)).toEqual(DATA_KEY);
    const { wrapped, masterKeyId } = await ring.wrap(DATA_KEY, []);
    expect(masterKeyId).not.toBe(old.masterKeyId);
    expect(await new LocalMasterKeys(new EnvironmentKeyTexts([TWO])).unwrap(wrapped, [], masterKeyId)).toEqual(
      DATA_KEY,
    );
  });

  it('have ids that hold nothing of the key, and are the same wherever the key comes from', async () => {
    const id = await (await keyFile(`${ONE}\n`)).currentId();
    expect(id).toBe(await new LocalMasterKeys(new EnvironmentKeyTexts([ONE])).currentId());
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(Buffer.from(ONE).toString('hex')).not.toContain(id.slice(0, 8));
  });

  it('read their file anew when it is needed', async () => {
    const keys = await keyFile(`${ONE}\n`);
    const before = await keys.wrap(DATA_KEY, []);
    await writeFile(file, `${TWO}\r\n\n${ONE}\n`);
    expect(await keys.currentId()).not.toBe(before.masterKeyId);
    expect(await keys.unwrap(before.wrapped, [], before.masterKeyId)).toEqual(DATA_KEY);
  });

  it.each<[string, string, string]>([
    ['nothing', '\n\n', 'does not contain a key'],
    ['a short key', `${ONE}\nhunter2\n`, 'line 2: it must have at least 32 characters'],
    ['a trivial key', 'x'.repeat(40), 'line 1: it is a default or a trivial key'],
    ['a key twice', `${ONE}\n${TWO}\n${ONE}\n`, 'line 3: it occurs twice'],
    ['a key with a space behind it', `${ONE} \n`, 'line 1: it begins or ends with a space'],
  ])('refuse a file with %s', async (_what, content, message) => {
    const reading = (await keyFile(content)).currentId();
    await expect(reading).rejects.toThrow(WrongSecretsKeyError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.not.toThrow(/hunter2|bMVd|xxx/);
  });

  it('refuse a file that is not there, or that everybody may read', async () => {
    await expect(new LocalMasterKeys(new FileKeyTexts(file, true)).currentId()).rejects.toThrow('does not exist');
    await expect((await keyFile(ONE, 0o644)).currentId()).rejects.toThrow('can be read or written by every user');
    await expect((await keyFile(ONE, 0o440)).currentId()).resolves.toMatch(/^[0-9a-f]/);
  });

  it('warn only of such a file in development', async () => {
    await keyFile(ONE, 0o644);
    await expect(new LocalMasterKeys(new FileKeyTexts(file, false)).currentId()).resolves.toMatch(/^[0-9a-f]/);
  });
});
