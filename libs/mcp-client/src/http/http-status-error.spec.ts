import { EgressError } from '@manifold/egress';
import { httpFailure, HttpStatusError } from './http-status-error.js';

describe('httpFailure', () => {
  it.each([
    [401, 'reauth_required'],
    [403, 'permission_denied'],
    [429, 'rate_limited'],
    [404, 'upstream_unavailable'],
    [408, 'upstream_unavailable'],
    [500, 'upstream_unavailable'],
    [503, 'upstream_unavailable'],
    [400, 'upstream_rejected'],
    [422, 'upstream_rejected'],
  ])('reads status %i as %s', (status, code) => {
    expect(httpFailure(new HttpStatusError(status, undefined))).toMatchObject({ name: 'ProviderError', code });
  });

  it('keeps what the server says about the time to wait', () => {
    expect(httpFailure(new HttpStatusError(429, 7)).retryAfter).toBe(7);
    expect(httpFailure(new HttpStatusError(503, 7)).retryAfter).toBe(7);
  });

  it('takes a network fault for an unavailable server, and an answer that is too large for a refusal', () => {
    expect(httpFailure(new EgressError('connect_failed', 'Cannot connect to a.example'))).toMatchObject({
      code: 'upstream_unavailable',
      message: 'Cannot connect to a.example',
    });
    expect(httpFailure(new EgressError('too_large', 'Too large'))).toMatchObject({ code: 'upstream_rejected' });
  });

  it('says nothing about a fault that nobody knows', () => {
    expect(httpFailure(new Error('secret')).message).not.toContain('secret');
  });
});
