import { readFileSync } from 'node:fs';
import fc from '../../../test/support/fuzz.js';
import { scrub } from './scrub.js';

const secrets = { TOKEN: 'abcdefgh12', OTHER: 'gh12-xyz-0', SHORT: 'seven77', PEM: '-----BEGIN\nAB"C\n-----END' };

describe('scrub', () => {
  it('replaces every occurrence in strings and keys, wherever they are', () => {
    const value = {
      content: [{ type: 'text', text: 'a abcdefgh12 b abcdefgh12' }, 'abcdefgh12', 7, null, true],
      structuredContent: { 'x-abcdefgh12': { deep: ['gh12-xyz-0'] } },
    };
    expect(scrub(value, secrets)).toEqual({
      content: [{ type: 'text', text: 'a [secret] b [secret]' }, '[secret]', 7, null, true],
      structuredContent: { 'x-[secret]': { deep: ['[secret]'] } },
    });
    expect(value.content[1]).toBe('abcdefgh12');
  });

  it('hides values from the length on that the documents say', () => {
    const [, readme] = /replaces values of at least (\d+) characters/.exec(readFileSync('README.md', 'utf8'))!;
    const [, threat] = /^\| 42 .*\(from (\d+) characters on\)/m.exec(readFileSync('docs/THREATS.md', 'utf8'))!;
    expect(threat).toBe(readme);
    const value = '0123456789abcdef'.slice(0, Number(readme));
    expect(scrub(`<${value}>`, { A: value })).toBe('<[secret]>');
    expect(scrub(`<${value}>`, { A: value.slice(1) })).toBe(`<${value}>`);
  });

  it('returns the very same value where there is nothing to hide', () => {
    const value = { content: [{ text: 'abcdefgh1, SEVEN77, seven77' }] };
    expect(scrub(value, secrets)).toBe(value);
    expect(scrub(value, {})).toBe(value);
    expect(scrub(undefined, secrets)).toBeUndefined();
  });

  it('hides all of secrets that overlap or contain each other', () => {
    expect(scrub('<abcdefgh12-xyz-0>', secrets)).toBe('<[secret]>');
    expect(scrub('<long-password>', { A: 'long-password', B: 'password' })).toBe('<[secret]>');
    expect(scrub('<aaaaaaaaaaa>', { A: 'aaaaaaaa' })).toBe('<[secret]>');
  });

  it('hides a secret that was written as JSON inside a string', () => {
    const text = JSON.stringify({ key: secrets.PEM });
    expect(scrub({ text }, secrets)).toEqual({ text: '{"key":"[secret]"}' });
  });

  describe('of encoded secrets', () => {
    const SECRET = 'sk-Ä/+?&= ~canary!7f';
    const bytes = Buffer.from(SECRET);

    it.each([0, 1, 2, 3, 4, 5])('hides base64 behind %d other bytes', (before) => {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.from('tail')]).toString(encoding);
        const hidden = scrub(text, { SECRET });
        expect(hidden).toContain('[secret]');
        const rest = hidden.split('[secret]').map((part) => Buffer.from(part, encoding).toString('latin1'));
        expect(rest.join('')).not.toMatch(/canary|sk-/);
        expect(hidden.length).toBeLessThan(before * 2 + '[secret]'.length + 12);
      }
    });

    it.each([
      ['base64', bytes.toString('base64')],
      ['base64url', bytes.toString('base64url')],
      ['hexadecimal digits', bytes.toString('hex')],
      ['upper-case hexadecimal digits', bytes.toString('hex').toUpperCase()],
      ['a part of a URL', encodeURIComponent(SECRET)],
      ['a part of a URL in lower case', encodeURIComponent(SECRET).replace(/%../g, (digits) => digits.toLowerCase())],
      ['a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
      ['base64 without padding', bytes.toString('base64').replace(/=+$/, '')],
      ["Python's quote", 'sk-%C3%84/%2B%3F%26%3D%20~canary%217f'],
      ["Python's quote in lower case", 'sk-%c3%84/%2b%3f%26%3d%20~canary%217f'],
      ["Python's quote_plus", 'sk-%C3%84%2F%2B%3F%26%3D+~canary%217f'],
      ["PHP's urlencode", 'sk-%C3%84%2F%2B%3F%26%3D+%7Ecanary%217f'],
      ["Go's url.PathEscape", 'sk-%C3%84%2F+%3F&=%20~canary%217f'],
      ['a whole URL', encodeURI(SECRET)],
      ['the path of a URL', 'sk-%C3%84/+%3F&=%20~canary!7f'],
      ['the query of a URL', new URL(`x://x/?${SECRET}`).search.slice(1)],
      ['JSON', JSON.stringify(SECRET).slice(1, -1)],
      ["Python's JSON", 'sk-\\u00c4/+?&= ~canary!7f'],
      ["PHP's JSON", 'sk-\\u00c4\\/+?&= ~canary!7f'],
      ["Go's JSON", 'sk-Ä/+?\\u0026= ~canary!7f'],
      ['escapes alone', Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')],
    ])('hides %s', (_, form) => {
      expect(scrub({ text: `<${form}>` }, { SECRET })).toEqual({ text: '<[secret]>' });
    });

    it.each<[string, BufferEncoding, number, string]>([
      ['base64 of MIME', 'base64', 76, '\r\n'],
      ['base64 of PEM', 'base64', 64, '\n'],
      ['base64 in an indented block', 'base64', 76, '\n    '],
      ['hexadecimal digits', 'hex', 60, '\n'],
    ])('hides %s over the ends of lines', (_, encoding, width, end) => {
      for (let before = 40; before < 120; before += 1) {
        const file = Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(200, 'y')]).toString(encoding);
        const text = `The file:\n${file.match(new RegExp(`.{1,${width}}`, 'g'))!.join(end)}\nThat was all.`;
        const hidden = scrub({ text }, { SECRET }).text;
        expect(hidden).toMatch(/^The file:\n.*\[secret\].*That was all\.$/s);
        expect(Buffer.from(hidden.replace(/\s/g, ''), encoding).toString('latin1')).not.toContain('canary');
      }
    });

    it('hides two secrets of one line that go over its start and its end', () => {
      const file = Buffer.from(`${'x'.repeat(40)}${SECRET}--${SECRET}--${SECRET}${'y'.repeat(90)}`).toString('base64');
      const hidden = scrub(file.match(/.{1,76}/g)!.join('\n'), { SECRET });
      expect(hidden.match(/\[secret\]/g)).toHaveLength(3);
    });

    it('hides them in files of many lines', () => {
      const file = `${'A'.repeat(60)}\n`.repeat(300_000);
      const inFile = scrub(`${file}${bytes.toString('hex').replace(/.{60}/, '$&\n')}`, { SECRET });
      expect(inFile.endsWith('[secret]')).toBe(true);
    });

    it('leaves lines without a secret as they are', () => {
      const text = `${'A'.repeat(76)}\n${'B'.repeat(76)}\nC==\n<${SECRET}>`;
      expect(scrub(text, { SECRET })).toBe(text.replace(SECRET, '[secret]'));
    });

    it('hides several forms of several secrets in one text', () => {
      const OTHER = 'another-canary';
      const text = `a ${bytes.toString('hex')} b ${encodeURI(SECRET)}${Buffer.from(OTHER).toString('base64url')} c ${OTHER}`;
      expect(scrub(text, { SECRET, OTHER })).toBe('a [secret] b [secret][secret] c [secret]');
    });

    it('leaves the forms of short values and of other values alone', () => {
      const text = `${Buffer.from('seven77').toString('base64')} ${Buffer.from('another value').toString('hex')}`;
      expect(scrub(text, { SECRET, SHORT: 'seven77' })).toBe(text);
    });
  });

  it('takes secrets as they are, without patterns', () => {
    expect(scrub('aaaaaaaaaaaa', { A: '.*.*.*.*' })).toBe('aaaaaaaaaaaa');
    expect(scrub('$& .*.*.*.*', { A: '.*.*.*.*' })).toBe('$& [secret]');
  });

  it('keeps keys that look like a prototype as keys', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":"abcdefgh12"},"constructor":"x"}');
    expect(JSON.stringify(scrub(value, secrets))).toBe('{"__proto__":{"polluted":"[secret]"},"constructor":"x"}');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('gets to the bottom of a value of any depth', () => {
    let value: unknown = 'abcdefgh12';
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    let scrubbed: unknown = scrub(value, secrets);
    while (Array.isArray(scrubbed)) scrubbed = scrubbed[0];
    expect(scrubbed).toBe('[secret]');
  });

  it('leaves no secret in any JSON, and nothing else changed', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(...Object.values(secrets)));
    const json = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, text, fc.integer(), fc.constant(null), tie('list'), tie('record')),
      list: fc.array(tie('node')),
      record: fc.dictionary(text, tie('node')),
    })).node;
    fc.assert(
      fc.property(json, (value) => {
        const before = JSON.stringify(value);
        const after = JSON.stringify(scrub(value, secrets));
        for (const secret of [secrets.TOKEN, secrets.OTHER, JSON.stringify(secrets.PEM).slice(1, -1)]) {
          expect(after).not.toContain(secret);
        }
        expect(JSON.stringify(value)).toBe(before);
        const touched = Object.values(secrets).some((secret) => before.includes(JSON.stringify(secret).slice(1, -1)));
        if (!touched) expect(after).toBe(before);
      }),
    );
  });
});
