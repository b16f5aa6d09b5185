import { upstreamError } from './upstream-error.js';

const refusal = (status: number, body: unknown, retryAfter?: number) => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  retryAfter,
});

describe('an error of Paragon', () => {
  it.each([
    [400, 'upstream_rejected'],
    [401, 'reauth_required'],
    [403, 'permission_denied'],
    [404, 'upstream_rejected'],
    [408, 'upstream_unavailable'],
    [409, 'upstream_rejected'],
    [429, 'rate_limited'],
    [500, 'upstream_unavailable'],
    [502, 'upstream_unavailable'],
    [504, 'upstream_unavailable'],
  ])('with the status %i is %s', (status, code) => {
    expect(upstreamError(refusal(status, { message: 'no' }))).toMatchObject({ code });
  });

  it('is told to the model in the words of the specification', () => {
    const { modelText } = upstreamError(refusal(404, { message: 'channel_not_found', code: 'x', status: 404 }));
    expect(modelText).toBe('{"error":"HTTP error; status: 404; message: channel_not_found"}');
  });

  it('says how long to wait', () => {
    const error = upstreamError(refusal(429, { message: 'Too many requests' }, 7));
    expect(error.retryAfter).toBe(7);
    expect(error.modelText).toMatch(/status: 429; message: Too many requests\. Try again in 7 seconds\./);
  });

  it.each([400, 404, 500])('is "not connected" with the status %i where the message says so', (status) => {
    expect(upstreamError(refusal(status, { message: 'Integration not enabled for user.' }))).toMatchObject({
      code: 'not_connected',
    });
  });

  it.each(['<html><h1>502 Bad Gateway nginx-secret-host</h1></html>', '', '[]', 'null', '{"message":{"a":1}}'])(
    'without a readable message is told without its body: %s',
    (text) => {
      const { modelText, message } = upstreamError(refusal(502, text));
      expect(JSON.parse(modelText!)).toEqual({ error: expect.stringMatching(/^HTTP error; status: 502; message: /) });
      expect(modelText! + message).not.toContain('nginx');
    },
  );

  it('is cut where it is endless', () => {
    expect(upstreamError(refusal(400, { message: 'x'.repeat(100_000) })).modelText!.length).toBeLessThan(2_000);
  });
});
