import { callReason } from './call-reason.js';

describe('the reason of a failed call', () => {
  it('has the code, what the gateway says and what the server says', () => {
    const failure = { message: 'The server answered with error -32000', words: 'no such board' };
    expect(callReason('upstream_rejected', failure, { board: 'x' })).toBe(
      'upstream_rejected: The server answered with error -32000: no such board',
    );
    expect(callReason('timeout', { message: 'No answer in time' }, {})).toBe('timeout: No answer in time');
    expect(callReason('tool_error', {}, {})).toBeUndefined();
  });

  it.each([
    ['as it is', (text: string) => text],
    ['in JSON', (text: string) => JSON.stringify({ text })],
    ['in a URL', (text: string) => `https://api.example.com/?q=${encodeURIComponent(text)}`],
  ])('does not repeat an argument %s, at any depth', (_where, form) => {
    const text = 'a "private" message\nto Bob';
    const reason = callReason('tool_error', { words: `cannot send ${form(text)}: closed` }, { deep: [{ text }] });
    expect(reason).toMatch(/^tool_error: cannot send .*\[argument\].*: closed$/);
    expect(reason).not.toContain('private');
  });

  it('ends where a long argument is repeated', () => {
    const text = 'secret text '.repeat(100);
    expect(callReason('tool_error', { words: `cannot send ${text.slice(0, 700)}` }, { text })).toBe(
      'tool_error: cannot send [argument]',
    );
  });

  it('has no words of the server where the arguments are too many to look for', () => {
    const args = { list: Array.from({ length: 500 }, (_, index) => `argument ${index}`) };
    const failure = { message: 'The server answered with error -32000', words: 'argument 400 is bad' };
    expect(callReason('upstream_rejected', failure, args)).toBe(
      'upstream_rejected: The server answered with error -32000',
    );
  });

  it('has no word that may be a token, and is short', () => {
    const words = `the token ghp_0123456789abcdefghij was refused ${'because '.repeat(300)}`;
    const reason = callReason('tool_error', { words }, {});
    expect(reason).toContain('the token [secret] was refused because');
    expect(reason!.length).toBeLessThan(330);
    expect(callReason('timeout', { message: 'x'.repeat(5_000) }, {})!.length).toBe(1_000);
  });
});
