import { shortName } from './short-name.js';

describe('shortName', () => {
  it.each(['', 'echo', 'x'.repeat(256)])('keeps a name of usual length', (name) => {
    expect(shortName(name)).toBe(name);
  });

  it('cuts a long name, and tells long names with one beginning apart', () => {
    const names = ['a', 'b'].map((end) => 'x'.repeat(1_000_000) + end);
    const [one, other] = names.map(shortName);
    expect(one).toMatch(/^x{128}\.\.\. \(1000001 characters, sha256 [0-9a-f]{16}\)$/);
    expect(one).not.toBe(other);
    expect(shortName(names[0]!)).toBe(one);
  });

  it('leaves no half of a character', () => {
    expect(shortName(`${'x'.repeat(127)}${'😀'.repeat(500)}`)).toMatch(/^x{127}\.{3} /);
  });
});
