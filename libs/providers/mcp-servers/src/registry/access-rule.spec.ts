import { join } from 'node:path';
import { principalKey, type Principal, type Role } from '@manifold/auth';
import { fitsPattern, type AccessRule } from '@manifold/server-model';
import { figuresOf } from '../../../../../test/support/measuring/figures-of.js';
import { admits } from './access-rule.js';

const caller = (subject: string, groups?: string[], roles: Role[] = ['user'], issuer = 'https://one'): Principal => ({
  key: principalKey('acme', issuer, subject),
  tenant: 'acme',
  issuer,
  subject,
  roles,
  groups,
  method: 'jwt',
});

describe('a rule of access', () => {
  const nobody = caller('nobody');
  const alice = caller('alice', ['sales', 'staff']);
  const operator = caller('olga', [], ['user', 'operator']);

  it.each<[string, AccessRule, Principal, boolean]>([
    ['that is empty lets nobody in', {}, alice, false],
    ['with empty lists lets nobody in', { roles: [], groups: [], users: [] }, operator, false],
    ['for a group lets its members in', { groups: ['sales'] }, alice, true],
    ['for a group lets nobody else in', { groups: ['sales'] }, nobody, false],
    ['compares groups as they are written', { groups: ['Sales', 'sale', 'sales '] }, alice, false],
    ['for a role lets in those who have it', { roles: ['operator'] }, operator, true],
    ['for a role lets nobody else in', { roles: ['operator'] }, alice, false],
    ['takes no group for a role', { roles: ['admin'] }, caller('eve', ['admin']), false],
    ['takes no role for a group', { groups: ['operator'] }, operator, false],
    ['takes no user for a group', { groups: ['alice'] }, alice, false],
    ['for a user lets that user in', { users: [{ subject: 'alice' }] }, alice, true],
    ['for a user lets nobody else in', { users: [{ subject: 'alice' }] }, nobody, false],
    [
      'for a user means those of all issuers, unless it names one',
      { users: [{ subject: 'alice' }] },
      caller('alice', [], ['user'], 'https://two'),
      true,
    ],
    [
      'that names the issuer lets no namesake of another issuer in (threat 6)',
      { users: [{ subject: 'alice', issuer: 'https://one' }] },
      caller('alice', [], ['user'], 'https://two'),
      false,
    ],
    [
      'with several lists is met by any one',
      { roles: ['admin'], groups: ['x'], users: [{ subject: 'alice' }] },
      alice,
      true,
    ],
  ])('%s', (_what, rule, principal, expected) => expect(admits(rule, principal)).toBe(expected));

  it.each<[string, string, boolean]>([
    ['delete_*', 'delete_all', true],
    ['delete_*', 'delete_', true],
    ['delete_*', 'undelete_all', false],
    ['*', 'anything', true],
    ['*', '', true],
    ['echo', 'echo', true],
    ['echo', 'echo2', false],
    ['echo', 'Echo', false],
    ['*_all', 'delete_all', true],
    ['*_all', 'all', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a**c', 'ac', true],
    ['.*', 'anything', false],
  ])('the pattern %s fits the tool %s: %s', (pattern, name, expected) =>
    expect(fitsPattern(pattern, name)).toBe(expected),
  );

  it('costs no more time for a pattern that is made to', async () => {
    const { cpuMs } = await figuresOf<'cpuMs'>(join(import.meta.dirname, '../../testing/src/name-pattern.measure.ts'));
    // Milliseconds of CPU. A comparison that tries all places would not end.
    expect(cpuMs).toBeLessThan(5_000);
  });
});
