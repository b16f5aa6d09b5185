import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { principal } from '@manifold/secrets/testing';
import type { Collection } from '@manifold/store';
import { OAuthProcess, user } from '../../testing/src/index.js';
import type { ConnectionTokens } from './connection-tokens.js';
import { TokenVault } from './token-vault.js';

type Row = Record<'tenant' | 'issuer' | 'subject' | 'server' | 'keyId' | 'sealed', string>;

const CANARY = 'canary-7Hq2Lw9z';
const NOW = Date.now();
const tokens = (change: Partial<ConnectionTokens> = {}): ConnectionTokens => ({
  accessToken: `${CANARY}-access`,
  refreshToken: `${CANARY}-refresh`,
  issuedAt: NOW,
  expiresAt: NOW + 3_600_000,
  scopes: ['read'],
  resource: 'https://files.test/mcp',
  issuer: { issuer: 'https://as.test', tokenEndpoint: 'https://as.test/token' },
  client: { clientId: 'client', clientSecret: `${CANARY}-secret` },
  ...change,
});
const ann = user('ann');

let folder: string;
let processes: OAuthProcess[];
let one: OAuthProcess;
let vault: TokenVault;

async function start(): Promise<OAuthProcess> {
  const process = await OAuthProcess.start({ dataDir: folder });
  processes.push(process);
  return process;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-vault-'));
  processes = [];
  one = await start();
  vault = one.get(TokenVault);
});

afterEach(async () => {
  for (const process of processes) await process.stop();
  await rm(folder, { recursive: true, force: true });
});

const rows = (): Collection<Row> =>
  one.store.collection<Row>({
    name: 'oauth_tokens',
    secret: true,
    indexes: [
      { fields: ['tenant', 'issuer', 'subject', 'server'], unique: true },
      { fields: ['tenant', 'issuer', 'subject'] },
      { fields: ['tenant', 'server'] },
    ],
  });

describe('TokenVault', () => {
  it('gives back what was put, in another process too', async () => {
    await vault.put(ann, tokens());
    expect((await vault.get(ann))?.tokens).toEqual(tokens());
    expect((await (await start()).get(TokenVault).get(ann))?.tokens).toEqual(tokens());
  });

  it('keeps users, servers and tenants apart', async () => {
    const owners = [
      ann,
      user('ann', 'files.other'),
      user('bob'),
      { principal: principal('ann', 'https://two.test'), server: 'files' },
      { principal: principal('ann', 'https://one.test', 'other'), server: 'files' },
    ];
    await Promise.all(owners.map((owner, index) => vault.put(owner, tokens({ accessToken: `token-${index}` }))));
    const held = await Promise.all(owners.map((owner) => vault.get(owner)));
    expect(held.map((each) => each?.tokens.accessToken)).toEqual(owners.map((_, index) => `token-${index}`));
  });

  it('reads the database once for any number of calls', async () => {
    await vault.put(ann, tokens());
    one.store.operations.length = 0;
    await Promise.all(Array.from({ length: 50 }, () => vault.get(ann)));
    for (let call = 0; call < 5; call += 1) await vault.get(ann);
    expect(one.store.operations).toEqual(['oauth_tokens.find']);
  });

  it('notices at once that another process has connected a user', async () => {
    expect(await vault.get(ann)).toBeUndefined();
    await (await start()).get(TokenVault).put(ann, tokens());
    expect((await vault.get(ann))?.tokens).toEqual(tokens());
  });

  it('does not remember a failure of the database', async () => {
    await vault.put(ann, tokens());
    one.store.beforeAnswer = () => Promise.reject(new Error('cut'));
    await expect(vault.get(ann)).rejects.toThrow('cut');
    one.store.beforeAnswer = undefined;
    expect((await vault.get(ann))?.tokens).toEqual(tokens());
  });

  it('lets only one of two processes replace what both hold', async () => {
    const other = (await start()).get(TokenVault);
    await vault.put(ann, tokens());
    const [mine, theirs] = [(await vault.get(ann))!, (await other.get(ann))!];
    await other.replace(ann, theirs, tokens({ accessToken: 'theirs' }));
    await expect(vault.replace(ann, mine, tokens({ accessToken: 'mine' }))).rejects.toMatchObject({
      name: 'StoreConflictError',
      reason: 'revision',
    });
    expect((await vault.get(ann))?.tokens.accessToken).toBe('theirs');
  });

  it('does not bring back what was removed', async () => {
    await vault.put(ann, tokens());
    const held = (await vault.get(ann))!;
    expect(await vault.remove(ann)).toBe(true);
    await expect(vault.replace(ann, held, tokens())).rejects.toMatchObject({ name: 'StoreConflictError' });
    expect(await vault.get(ann)).toBeUndefined();
    expect(await vault.remove(ann)).toBe(false);
  });

  it('uses new tokens from memory while the database is away', async () => {
    await vault.put(ann, tokens());
    const held = (await vault.get(ann))!;
    one.store.beforeAnswer = () => Promise.reject(new Error('cut'));
    await expect(vault.replace(ann, held, tokens({ accessToken: 'new' }))).rejects.toThrow('cut');
    expect((await vault.get(ann))?.tokens.accessToken).toBe('new');
  });

  it('removes all connections of a server, and of a user, and nothing else', async () => {
    const owners = [ann, user('bob'), user('ann', 'mail'), user('bob', 'mail')];
    for (const owner of owners) await vault.put(owner, tokens());
    for (const owner of owners) await vault.get(owner);
    await vault.removeServer('default', 'files');
    expect(await Promise.all(owners.map(async (owner) => (await vault.get(owner)) !== undefined))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    await vault.removeUser(ann.principal);
    expect(await Promise.all(owners.map(async (owner) => (await vault.get(owner)) !== undefined))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(await rows().count()).toBe(1);
  });

  it('shows a status without secrets', async () => {
    expect(await vault.status(ann, NOW)).toEqual({ state: 'none', scopes: [], canRefresh: false });
    await vault.put(ann, tokens());
    const status = await vault.status(ann, NOW);
    expect(status).toEqual({
      state: 'connected',
      scopes: ['read'],
      canRefresh: true,
      authorizationServer: 'https://as.test',
      issuedAt: new Date(NOW).toISOString(),
      expiresAt: new Date(NOW + 3_600_000).toISOString(),
    });
    expect(JSON.stringify(status)).not.toContain(CANARY);
    await vault.put(ann, tokens({ refreshToken: undefined }));
    expect(await vault.status(ann, NOW)).toMatchObject({ state: 'connected', canRefresh: false });
    expect(await vault.status(ann, NOW + 3_600_000)).toMatchObject({ state: 'expired' });
  });

  describe('and somebody who reads and writes the database (threat 39)', () => {
    it('finds nothing secret in its files', async () => {
      await vault.put(ann, tokens());
      for (const file of await readdir(folder)) {
        const bytes = await readFile(join(folder, file));
        expect(bytes.includes(CANARY)).toBe(false);
        expect(bytes.includes('as.test/token')).toBe(false);
      }
    });

    it.each([{ tenant: 'other' }, { issuer: 'https://two.test' }, { subject: 'mallory' }, { server: 'evil' }])(
      'cannot move tokens to %j',
      async (change) => {
        await vault.put(ann, tokens());
        const [row] = await rows().find({});
        await rows().update(row!.id, row!.revision, { ...row!.value, ...change });
        const { tenant, issuer, subject, server } = { ...row!.value, ...change };
        await expect(vault.get({ principal: principal(subject, issuer, tenant), server })).rejects.toThrow();
      },
    );
  });
});
