import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { principalOf, startSetup, type SetupApp } from '../../testing/src/setup-app.js';

const ALICE = principalOf('alice');
const FIFTEEN_MINUTES = 15 * 60 * 1000;

describe('SetupLinks', () => {
  let app: SetupApp;
  const tokenOf = (link: string): string => new URL(link).searchParams.get('token')!;
  const newToken = async (integration = 'slack') => tokenOf(await app.links.create(ALICE, integration));

  beforeEach(async () => {
    app = await startSetup();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await app.discard();
  });

  it('makes links to the public URL with 256 bits in them, each another', async () => {
    const links = await Promise.all(Array.from({ length: 50 }, () => app.links.create(ALICE, 'slack')));
    for (const link of links) expect(link.replace(app.url, '')).toMatch(/^\/setup\?token=[A-Za-z0-9_-]{43}$/);
    expect(new Set(links).size).toBe(50);
  });

  it('says what a link is for as often as it is asked, then once', async () => {
    const token = await newToken('custom.spotify');
    const { tenant, issuer, subject, method } = ALICE;
    const link = {
      tenant,
      issuer,
      subject,
      method,
      projectId: 'project-1',
      integration: 'custom.spotify',
      user: 'alice',
    };
    expect(await app.links.look(token)).toEqual(link);
    expect(await app.links.look(token)).toEqual(link);
    expect(await app.links.consume(token)).toEqual(link);
    expect(await app.links.consume(token)).toBeUndefined();
    expect(await app.links.look(token)).toBeUndefined();
  });

  it('keeps the links of users apart', async () => {
    const [ofAlice, ofBob] = await Promise.all([
      app.links.create(ALICE, 'slack'),
      app.links.create(principalOf('bob'), 'notion'),
    ]);
    expect(await app.links.consume(tokenOf(ofBob))).toMatchObject({ subject: 'bob', integration: 'notion' });
    expect(await app.links.consume(tokenOf(ofAlice))).toMatchObject({ subject: 'alice', integration: 'slack' });
  });

  it.each(['', 'missing', 'x'.repeat(10_000), '\0', '\ud800'])('knows no link %j', async (token) => {
    await newToken();
    expect(await app.links.look(token)).toBeUndefined();
    expect(await app.links.consume(token)).toBeUndefined();
  });

  it('gives a link to one of 100 who ask at the same time on two replicas', async () => {
    const replica = await startSetup({ dataDir: app.dataDir });
    const token = await newToken();
    const asked = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? app : replica).links.consume(token));
    const answers = await Promise.all(asked);
    await replica.stop();
    expect(answers.filter((answer) => answer !== undefined)).toMatchObject([{ user: 'alice', integration: 'slack' }]);
  });

  it('finds a link after a restart', async () => {
    const token = await newToken();
    await app.stop();
    app = await startSetup({ dataDir: app.dataDir });
    expect(await app.links.consume(token)).toMatchObject({ subject: 'alice' });
  });

  it('lets a link expire after 15 minutes, and no sooner', async () => {
    const start = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start);
    const [first, second] = [await newToken(), await newToken()];
    clock.mockReturnValue(start + FIFTEEN_MINUTES - 1);
    expect(await app.links.consume(first)).toBeDefined();
    clock.mockReturnValue(start + FIFTEEN_MINUTES);
    expect(await app.links.look(second)).toBeUndefined();
    expect(await app.links.consume(second)).toBeUndefined();
  });

  it('knows no link of another project', async () => {
    const token = await newToken();
    await app.stop();
    app = await startSetup({ dataDir: app.dataDir, settings: { PROJECT_ID: 'project-2' } });
    expect(await app.links.look(token)).toBeUndefined();
    expect(await app.links.consume(token)).toBeUndefined();
  });

  it('is for the user of the tenant, and none where the project does not serve the tenant any more', async () => {
    const acme = { ...ALICE, tenant: 'acme' };
    const token = tokenOf(await app.links.create(acme, 'slack'));
    expect(await app.links.look(token)).toBeUndefined();
    expect(await app.links.consume(token)).toBeUndefined();
    await app.stop();
    app = await startSetup({ dataDir: app.dataDir, settings: { PARAGON_USERS: '[{"tenant":"acme"}]' } });
    expect(await app.links.consume(token)).toMatchObject({ user: 'manifold:["acme","https://issuer.test","alice"]' });
  });

  it('leaves no token in the database', async () => {
    const token = await newToken('canary-integration');
    const stored = readdirSync(app.dataDir, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(app.dataDir, entry.name), 'latin1'))
      .join('');
    expect(stored).toContain('canary-integration');
    expect(stored).not.toContain(token);
  });
});
