import { redactor } from './redaction.js';

const redacted = redactor({
  indexUrl: 'https://robot:s3cret%2Fword@packages.example.com/token-abc/simple/',
  extraIndexUrl: 'https://abc@example.org/simple',
});

describe('redactor', () => {
  it.each([
    [
      'Looking in indexes: https://robot:****@packages.example.com/token-abc/simple/',
      'https://packages.example.com/…/simple/',
    ],
    [
      'Downloading https://robot:s3cret%2Fword@packages.example.com/f/x-1.0.whl (2 kB)',
      'https://packages.example.com/…/x-1.0.whl (2 kB)',
    ],
    ['Collecting x@ git+https://u:p@example.org/x.git (from y)', 'git+https://example.org/x.git (from y)'],
    ['(from https://abc@example.org/simple/x/)', '(from https://example.org/…/x/)'],
    ['no address at all', 'no address at all'],
  ])('keeps host and file of %j', (line, end) => {
    expect(redacted(line)).toMatch(new RegExp(`${end.replaceAll(/[.()+*]/g, '\\$&')}$`));
  });

  it.each([
    'User for packages.example.com: robot',
    'password s3cret/word or s3cret%2Fword was refused',
    "Max retries exceeded with url: /token-abc/simple/x/ (Caused by ResponseError('too many 500'))",
    'http://robot:s3cret%2Fword@[not a host/simple',
    'https://abc@example.org/simple/x/ and https://abc@example.org',
  ])('takes the credentials out of %j', (line) => {
    for (const secret of ['robot', 's3cret', 'token-abc', 'abc@']) expect(redacted(line)).not.toContain(secret);
  });
});
