import { ProviderError, type ProviderErrorCode } from '@manifold/tool-provider';
import { outcomeOf } from './call-permits.js';

describe('The outcome of a call for its upstream', () => {
  it.each<[ProviderErrorCode, number | undefined, string]>([
    ['upstream_unavailable', undefined, 'unavailable'],
    ['upstream_unavailable', 30, 'unknown'],
    ['timeout', undefined, 'timeout'],
    ['upstream_rejected', undefined, 'answered'],
    ['rate_limited', 1, 'unknown'],
    ['cancelled', undefined, 'unknown'],
    ['invalid_arguments', undefined, 'unknown'],
    ['not_connected', undefined, 'unknown'],
    ['permission_denied', undefined, 'unknown'],
    ['reauth_required', undefined, 'unknown'],
  ])('after %s with Retry-After %s is %s', (code, retryAfter, outcome) => {
    expect(outcomeOf(new ProviderError(code, 'words', { retryAfter }))).toBe(outcome);
  });

  it('is "answered" if there is a result', () => {
    expect(outcomeOf(undefined)).toBe('answered');
  });
});
