import fc from '../../../../test/support/fuzz.js';
import { PassThrough } from 'node:stream';
import { LogRing } from '../protocol/log-ring.js';
import { LineSplitter, StdioTransport } from './stdio-transport.js';

interface Split {
  readonly lines: string[];
  readonly tooLong: [start: string, end: string][];
  readonly endless: number;
}

function split(chunks: readonly Buffer[], limit = 1000): Split {
  const lines: string[] = [];
  const tooLong: [start: string, end: string][] = [];
  let endless = 0;
  const onLine = (line: string) => lines.push(line);
  const splitter = new LineSplitter({
    limit,
    onLine,
    onTooLong: (...ends) => tooLong.push(ends),
    onEndless: () => (endless += 1),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, tooLong, endless };
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
    const chunks = ['short\n', 'x'.repeat(600), 'x'.repeat(600), 'y'.repeat(600), 'the', ' end\nnext\n'];
    const { lines, tooLong, endless } = split(chunks.map((text) => Buffer.from(text)));
    expect(lines).toEqual(['short', 'next']);
    expect(tooLong).toEqual([['x'.repeat(1000), `${'y'.repeat(249)}the end`]]);
    expect(endless).toBe(0);
  });

  it('reports an endless line while it goes on, once', () => {
    const { lines, tooLong, endless } = split(Array.from({ length: 40 }, () => Buffer.alloc(600, 'x')));
    expect([lines, tooLong.length, endless]).toEqual([[], 1, 1]);
  });
});

describe('the end of a program', () => {
  /** Returns the words about a program that has written this. */
  const wordsAbout = (log: LogRing, stderr: string, stdout = ''): Promise<string | undefined> =>
    new Promise((resolve) => {
      const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
      const ended = (): Promise<void> => Promise.resolve();
      const receiver = {
        received: () => undefined,
        unreadable: () => undefined,
        lost: (_reason: string, words?: string) => resolve(words),
      };
      streams.stderr.end(stderr);
      streams.stdout.end(stdout);
      const exited = Promise.resolve('The server exited with code 1');
      new StdioTransport({ streams, pid: 1, exited, stop: ended, kill: ended }, receiver as never, log);
    });

  it('is explained without a secret, however long it is', async () => {
    const secret = `{"private_key":"${'0123456789abcdef'.repeat(200)}"}`;
    const log = new LogRing();
    log.hide([secret]);
    expect(await wordsAbout(log, `Error: cannot parse ${secret}\n`)).toBe('Error: cannot parse [secret]');
    expect(await wordsAbout(log, '', `cannot parse ${secret}`)).toBe('cannot parse [secret]');
  });

  it('is explained whatever the program writes', async () => {
    const level = '{"message":"x","level":{"toString":1,"valueOf":1}}';
    expect(await wordsAbout(new LogRing(), level)).toBe('x');
  });

  it('is explained without colours and folders', async () => {
    const words = '\u001b[31mError:\u001b[0m Cannot find /srv/tenants/a/config.json\n';
    expect(await wordsAbout(new LogRing(), words)).toBe('Error: Cannot find config.json');
  });
});
