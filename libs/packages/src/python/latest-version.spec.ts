import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sourceDistribution, wheel } from '../../../../test/simulators/python-index/index.js';
import { PythonFixture } from '../../testing/src/python-fixture.js';

describe('The newest version', () => {
  let fixture: PythonFixture;
  let marker: string;

  beforeAll(async () => {
    fixture = await PythonFixture.open();
    marker = join(fixture.root, 'code-ran');
    fixture.index.add(
      wheel({ name: 'grown', version: '1.9' }),
      wheel({ name: 'grown', version: '1.10' }),
      wheel({ name: 'grown', version: '2.0b1' }),
      wheel({ name: 'grown', version: '3.0', requiresPython: '>=3.99' }),
      wheel({ name: 'grown', version: '4.0', tag: 'cp311-cp311-win_amd64' }),
      sourceDistribution('grown', '5.0', marker),
    );
    fixture.index.behave('/simple/failing/', { status: 500 });
    fixture.index.behave('/simple/silent/', 'never');
  });
  afterAll(() => fixture.close());

  const latest = (name: string, allowScripts = false, signal = new AbortController().signal) =>
    fixture.installer().latestVersion({ tenant: 'default', name, allowScripts }, signal);

  it('is the newest that an install would find', async () => {
    expect(await latest('grown')).toBe('1.10');
  });

  it('is one that is available only as source where that is allowed, and none of its code runs', async () => {
    expect(await latest('grown', true)).toBe('5.0');
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['unknown', 'package_not_found'],
    ['failing', 'registry_unreachable'],
  ])('is an error of its own for the project "%s": %s', async (name, code) => {
    const [other, failed] = await Promise.allSettled([latest('grown'), latest(name)]);
    expect(other).toMatchObject({ value: '1.10' });
    expect(failed).toMatchObject({ reason: { name: 'InstallError', code } });
    await expect(latest(name, true)).rejects.toMatchObject({ code });
  });

  it('is not waited for any more when the signal ends', async () => {
    const abort = new AbortController();
    const asked = fixture.index.asked('/simple/silent/');
    const answer = latest('silent', false, abort.signal);
    answer.catch(() => undefined);
    await asked;
    abort.abort();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is not asked of a name that is none', async () => {
    await expect(latest('--help')).rejects.toMatchObject({ name: 'PackageNotAllowedError', field: 'name' });
  });
});
