import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { InstallLog } from './install-log.js';

const ESC = '\u001b';

describe('InstallLog', () => {
  let lines: string[];
  let log: InstallLog;

  beforeEach(() => {
    lines = [];
    log = new InstallLog((line) => lines.push(line));
  });

  it.each([
    ['fetch GET https://user:p@ss@npm.acme.test/weather', 'fetch GET https://[hidden]@npm.acme.test/weather'],
    ['authorization: Bearer abcdefgh12345678', 'authorization: [hidden]'],
    ['//npm.acme.test/:_authToken=abc123', '//npm.acme.test/:_authToken=[hidden]'],
    ['token npm_abcdefghijklmnopqrstuvwxyz0123456789', 'token [hidden]'],
    [`Bea${ESC}[31mrer abcdefgh12345678`, '[hidden]'],
  ])('hides the credentials in %j', (line, shown) => {
    log.add(line);
    expect(lines).toEqual([shown]);
  });

  it('shows lines without what could forge or reverse them', () => {
    log.add(`${ESC}[2Jgone\rover\u202Eesrever\tend`);
    expect(lines).toEqual(['goneoveresrever end']);
  });

  it('puts lines of a stream together, the last one without a newline too', async () => {
    const stream = new PassThrough();
    log.follow(stream);
    for (const chunk of ['one\ntw', 'o\n', '\n', 'thr', 'ee']) stream.write(chunk);
    stream.end();
    await finished(stream);
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  it('keeps neither endless lines nor endlessly many', async () => {
    const stream = new PassThrough();
    log.follow(stream);
    for (let round = 0; round < 20; round += 1) stream.write('x'.repeat(50_000));
    stream.end('\ny'.repeat(20_000));
    await finished(stream);
    expect(lines).toHaveLength(5000);
    expect(Math.max(...lines.map((line) => line.length))).toBe(2000);
    expect(lines.at(-1)).toMatch(/left out/);
  });
});
