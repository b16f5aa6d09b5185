import { argumentPieces } from './confidential-texts.js';

const textOf = (pieces: readonly { readonly text: string }[]): string => pieces.map(({ text }) => text).join('');

describe('the arguments of a program, taken apart', () => {
  it('show the names of nested assignments, and hide the value', () => {
    const value = 'x'.repeat(5);
    expect(argumentPieces([`--env=API_KEY=${value}`])).toEqual([
      [{ text: '--env=' }, { text: 'API_KEY=' }, { text: value, name: 'API_KEY' }],
    ]);
  });

  it.each([
    ['assignments', 'a='],
    ['flags', '--a='],
    ['headers', 'a: '],
    ['slashes', '/'],
    ['signs of a key', 'aA1'],
  ])('take few pieces and no deep calls, however many %s a text has', (_, part) => {
    const text = part.repeat(200_000);
    const [pieces] = argumentPieces([text]);
    expect(textOf(pieces!)).toBe(text);
    expect(pieces!.length).toBeLessThanOrEqual(5);
  });
});
