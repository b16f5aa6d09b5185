import { DEFAULT_RECONNECTION, reconnectionDelay } from './reconnection.js';

describe('reconnectionDelay', () => {
  it('grows up to its limit', () => {
    const delays = [0, 1, 2, 20].map((attempt) => reconnectionDelay(DEFAULT_RECONNECTION, attempt, undefined));
    expect(delays).toEqual([1000, 1500, 2250, 30_000]);
  });

  it('does what the server asks for, within limits', () => {
    expect([500, 0, 99_999_999].map((asked) => reconnectionDelay(DEFAULT_RECONNECTION, 0, asked))).toEqual([
      500, 10, 30_000,
    ]);
  });
});
