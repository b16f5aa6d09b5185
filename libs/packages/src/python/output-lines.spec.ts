import { OutputLines } from './output-lines.js';

const linesOf = (...chunks: (string | Buffer)[]) => {
  const lines: string[] = [];
  const output = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) output.push(Buffer.from(chunk as string));
  output.end();
  return lines;
};

describe('OutputLines', () => {
  it('puts lines together, however they arrive, and drops empty ones', () => {
    expect(linesOf('one\ntw', 'o\r\n\n', '  three')).toEqual(['one', 'two', '  three']);
  });

  it('keeps characters whole that are cut between chunks', () => {
    const bytes = Buffer.from('é\n');
    expect(linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['é']);
  });

  it('takes control characters out', () => {
    expect(linesOf('\u001b[31mred\u0007\n')).toEqual([' [31mred']);
  });

  it('cuts a line without end, and goes on with the next', () => {
    const [long, next] = linesOf(...Array.from({ length: 100 }, () => 'x'.repeat(1000)), '\nnext');
    expect(long).toBe('x'.repeat(4000));
    expect(next).toBe('next');
  });
});
