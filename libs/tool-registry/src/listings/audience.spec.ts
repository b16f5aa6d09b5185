import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { Audience, type Listener } from './audience.js';

const listenerOf = (subject: string, expiresAt?: number): Listener => ({
  principal: { ...fixturePrincipal(subject), expiresAt },
  onChange: () => undefined,
});

describe('Audience', () => {
  it('keeps nothing of those who have left', () => {
    const audience = new Audience();
    const leave = ['a', 'a', 'b'].map((key) => audience.add(key, listenerOf('alice')));
    leave[0]!();
    leave[2]!();
    expect([...audience.keys()]).toEqual(['a']);
    leave[1]!();
    expect([...audience.keys()]).toEqual([]);
  });

  it('does not take out those who came after somebody who leaves twice', () => {
    const audience = new Audience();
    const leave = audience.add('a', listenerOf('alice'));
    leave();
    audience.add('a', listenerOf('bob'));
    leave();
    expect(audience.spokesman('a', 0)?.subject).toBe('bob');
  });

  it.each([
    [0, 'late'],
    [100, 'late'],
    [200, undefined],
  ])('finds at %i who speaks for a listing: %s', (now, subject) => {
    const audience = new Audience();
    for (const listener of [listenerOf('early', 100), listenerOf('late', 200), listenerOf('early', 100)]) {
      audience.add('a', listener);
    }
    expect(audience.spokesman('a', now)?.subject).toBe(subject);
    audience.add('a', listenerOf('for ever'));
    expect(audience.spokesman('a', now)?.subject).toBe('for ever');
    expect(audience.spokesman('b', now)).toBeUndefined();
  });
});
