import { UserServerPool, type PoolMember } from './user-server-pool.js';

const SHARES = { principal: 50, tenant: 75, unverified: 25 };

describe('UserServerPool', () => {
  let pool: UserServerPool;
  let ended: string[];
  let admitted: PoolMember[];

  beforeEach(() => {
    pool = new UserServerPool({ max: 4, idleMs: 60_000, shares: SHARES });
    [ended, admitted] = [[], []];
  });
  afterEach(() => admitted.forEach((member) => pool.leave(member)));

  /** @param idleSince undefined while a call is running */
  function admit(name: string, idleSince?: number, tenant = 'acme'): Promise<void> {
    const member = { calls: { idleSince } } as PoolMember;
    admitted.push(member);
    return pool.admit(member, { key: name, tenant }, () => Promise.resolve(void ended.push(name)));
  }

  it('gives one user a share, and others still get places', async () => {
    await admit('alice');
    await admit('alice');
    expect(() => admit('alice')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    await admit('bob');
    expect(ended).toEqual([]);
  });

  it('gives one tenant a share, and others still get places', async () => {
    for (const user of ['alice', 'bob', 'carol']) await admit(user);
    expect(() => admit('dave')).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    await admit('eve', undefined, 'globex');
  });

  it('ends an idle server of the same user when the share of the user is used up', async () => {
    await admit('bob', 1);
    await admit('alice', 3);
    await admit('alice', 2);
    await admit('alice');
    expect(ended).toEqual(['alice']);
  });

  it('ends the server that has been idle longest when all places are taken', async () => {
    await admit('alice', 2);
    await admit('bob', 1);
    await admit('carol', 3);
    await admit('eve', 4, 'globex');
    await admit('frank', undefined, 'globex');
    expect(ended).toEqual(['bob']);
  });

  it('gives the place of a server that has ended to another one', async () => {
    await admit('alice');
    await admit('alice');
    pool.leave(admitted[0]!);
    pool.leave(admitted[0]!);
    await admit('alice');
    expect(() => admit('alice')).toThrow();
  });
});
