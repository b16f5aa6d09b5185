import assert from 'node:assert/strict';
import { cpuMs, report } from '../../../../test/support/measuring/measures.js';
import { UriTemplate } from '../../src/primitives/uri-template.js';

const template = new UriTemplate('{a}x'.repeat(5_000));
const other = new UriTemplate('{+a}'.repeat(5_000) + 'z');
report({
  cpuMs: cpuMs(() => {
    assert.equal(template.matches('x'.repeat(4_999) + 'y'), false);
    assert.equal(other.matches('y'.repeat(50_000)), false);
  }),
});
