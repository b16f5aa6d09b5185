import { principalKey } from './principal.js';
import { principalView } from './principal.dto.js';

describe('a principal in an answer', () => {
  it.each([
    ['acme', 'https://idp.example', 'alice'],
    ['default', 'manifold', '["a","b","c"]'],
  ])('has the tenant %s, the issuer %s and the subject %s of its key', (tenant, issuer, subject) => {
    expect(principalView(principalKey(tenant, issuer, subject))).toEqual({ tenant, issuer, subject });
  });

  it.each(['npm run admin', '', '[', '["a","b"]', '["a","b",1]', '["a","b","c","d"]', '["a","b","long... (cut'])(
    'is %j alone, which is no key',
    (text) => {
      expect(principalView(text)).toEqual({ subject: text });
    },
  );
});
