import { isSameOrigin } from './same-origin.js';

const PUBLIC_URL = 'https://gateway.test/manifold';

describe('isSameOrigin', () => {
  it.each<[boolean, string, Record<string, string>]>([
    [true, 'a page of the same origin', { 'sec-fetch-site': 'same-origin', origin: 'https://gateway.test' }],
    [
      true,
      'a page that was opened under another name',
      { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' },
    ],
    [false, 'another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    [false, 'another host of the same site', { 'sec-fetch-site': 'same-site', origin: 'https://gateway.test' }],
    [false, 'an address bar', { 'sec-fetch-site': 'none' }],
    [true, 'the own origin, in a browser without Sec-Fetch-Site', { origin: 'https://gateway.test' }],
    [false, 'another origin, in such a browser', { origin: 'https://evil.test' }],
    [false, 'another scheme', { origin: 'http://gateway.test' }],
    [false, 'an origin that begins like the own one', { origin: 'https://gateway.test.evil.test' }],
    [false, 'a sandboxed frame', { origin: 'null' }],
    [false, 'no browser at all', {}],
  ])('says %s for %s', (answer, _from, headers) => {
    expect(isSameOrigin(headers, PUBLIC_URL)).toBe(answer);
  });
});
