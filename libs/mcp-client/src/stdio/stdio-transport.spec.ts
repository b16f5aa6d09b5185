import fc from '../../../../test/support/fuzz.js';
import { LineSplitter } from './stdio-transport.js';

function split(chunks: readonly Buffer[], limit = 1000): { lines: string[]; tooLong: string[] } {
  const lines: string[] = [];
  const tooLong: string[] = [];
  const onLine = (line: string) => lines.push(line);
  const splitter = new LineSplitter({ limit, onLine, onTooLong: (start) => tooLong.push(start) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, tooLong };
}

describe('LineSplitter', () => {
  it('finds the same lines wherever the bytes are cut', () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme' }).filter((line) => !line.includes('\n')),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const chunks = borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
        expect(split(chunks).lines).toEqual(lines);
      }),
    );
  });

  it('takes the rest after the last newline for a line', () => {
    expect(split([Buffer.from('one\ntwo')]).lines).toEqual(['one', 'two']);
  });

  it('reports a line that is too long once, skips the rest of it and goes on with the next', () => {
    const chunks = ['short\n', 'x'.repeat(600), 'x'.repeat(600), 'x'.repeat(600), '\nnext\n'].map((text) =>
      Buffer.from(text),
    );
    const { lines, tooLong } = split(chunks);
    expect(lines).toEqual(['short', 'next']);
    expect(tooLong).toEqual(['x'.repeat(1000)]);
  });
});
