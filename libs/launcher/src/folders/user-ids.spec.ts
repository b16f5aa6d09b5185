import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserIds, UserIdsUsedUpError, type IdRange } from './user-ids.js';

describe('the user ids of owners', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'manifold-user-ids-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  /** Takes all ids of a range. No folder gets another owner, so that the test needs no rights. */
  async function idsOf(range: IdRange, isBrief = false): Promise<number[]> {
    const ids = new UserIds(root, range, () => new Set());
    const given: number[] = [];
    for (;;) {
      try {
        given.push((await ids.of(join(root, 'server', String(given.length)), [], isBrief)).uid);
      } catch (error) {
        expect(error).toBeInstanceOf(UserIdsUsedUpError);
        return given;
      }
    }
  }

  const lines = readFileSync('/etc/passwd', 'utf8').trim().split('\n');
  const accounts = new Set(lines.map((line) => Number(line.split(':')[2])));
  const without = (range: IdRange, taken: ReadonlySet<number>): number[] =>
    Array.from({ length: range.last - range.first + 1 }, (_, index) => range.first + index).filter(
      (id) => !taken.has(id),
    );

  it('are never those of an account of this machine, apart from the first, which its operator has named', async () => {
    const account = [...accounts].filter((id) => id > 0 && id < 65_000).sort((one, other) => one - other)[0]!;
    const before = { first: account - 1, last: account + 20 };
    const free = without(before, accounts);
    expect((await idsOf(before)).filter((id) => id !== before.first)).toEqual(free.filter((id) => id !== before.first));
    expect(await idsOf({ first: account, last: account })).toEqual([account]);
  });

  it('are never those of an account for a single run, either, wherever the search begins', async () => {
    const account = [...accounts].filter((id) => id > 1 && id < 65_000)[0]!;
    const range = { first: account - 1, last: account + 1 };
    for (let time = 0; time < 20; time += 1) {
      const ids = await idsOf(range, true);
      expect(ids.filter((id) => id !== range.first && accounts.has(id))).toEqual([]);
    }
  });

  it('are not those that mean nobody or none', async () => {
    const given = await idsOf({ first: 65_530, last: 65_540 });
    expect(given).toEqual(without({ first: 65_530, last: 65_540 }, new Set([...accounts, 65_534, 65_535])));
  });
});
