import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sourceDistribution, wheel } from '../../../../test/simulators/python-index/index.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';

/** Building a package from source runs its code. */
describe('PythonInstaller and source distributions', () => {
  let fixture: PythonFixture;

  beforeAll(async () => {
    fixture = await PythonFixture.open();
  });
  afterAll(() => fixture.close());

  it('runs no code of one unless that was allowed', async () => {
    const marker = join(fixture.root, 'code-ran');
    fixture.index.add(sourceDistribution('from-source', '1.0', marker));
    const refused = { code: 'no_wheel', message: expect.stringContaining('"from-source" is available only as source') };
    await expect(fixture.install({ name: 'from-source' })).rejects.toMatchObject(refused);
    expect(existsSync(marker)).toBe(false);
    expect(await fixture.install({ name: 'from-source', allowScripts: true })).toMatchObject({ version: '1.0' });
    expect(existsSync(marker)).toBe(true);
  });

  it('passes over a newer one when there is a wheel, and refuses it when it was asked for', async () => {
    const marker = join(fixture.root, 'newer-ran');
    fixture.index.add(wheel({ name: 'mixed', version: '1.0' }), sourceDistribution('mixed', '2.0', marker));
    expect(await fixture.install({ name: 'mixed' })).toMatchObject({ version: '1.0' });
    await expect(fixture.install({ name: 'mixed', version: '2.0' })).rejects.toMatchObject({ code: 'no_wheel' });
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['an archive', (origin: string) => `${origin}/files/elsewhere-1.0.zip`, 'no_wheel'],
    ['a repository', (origin: string) => `git+${origin}/elsewhere.git`, 'no_wheel'],
    ['a wheel', (origin: string) => `${origin}/files/elsewhere-1.0-py3-none-any.whl`, 'refused_dependency'],
  ])('refuses a dependency that is %s at a URL of its own, before any code of it runs', async (kind, address, code) => {
    const marker = join(fixture.root, 'elsewhere-ran');
    fixture.index.add(sourceDistribution('elsewhere', '1.0', marker), wheel({ name: 'elsewhere', version: '1.0' }));
    const name = `needs-${kind.replace(/^an? /, '')}`;
    const requires = [`elsewhere @ ${address(new URL(fixture.index.url).origin)}`];
    fixture.index.add(wheel({ name, version: '1.0', requires }));
    await expect(fixture.install({ name })).rejects.toMatchObject({ code });
    expect(existsSync(marker)).toBe(false);
  });
});
