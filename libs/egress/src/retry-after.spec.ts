import { retryAfterSeconds } from './retry-after.js';

describe('retryAfterSeconds', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  it.each([
    ['120', 120],
    ['0', 0],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    [null, undefined],
  ])('reads %s as %s', (header, seconds) => expect(retryAfterSeconds(header, now)).toBe(seconds));
});
