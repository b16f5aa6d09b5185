import { sourceFaults } from './requirement-sources.js';
import { knownOf } from './known.js';

const known = knownOf();

describe('the source of a requirement', () => {
  it.each([
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation',
    'README.md; docs/OPERATIONS.md#keys',
    'docs/THREATS.md, threats 1 to 6 and 30; https://www.rfc-editor.org/rfc/rfc8725',
  ])('may be %s', (source) => {
    expect(sourceFaults(source, known)).toEqual([]);
  });

  it.each([
    'issue 8, point 7',
    'SECURITY-MODEL.md',
    'docs/THREATS.md, threats 1 and 28',
    'docs/THREATS.md, rows',
    'docs/OPERATIONS.md#no-such-heading',
    'README.md, threat 1',
    'https://example.com/specification',
  ])('is not %s', (source) => {
    expect(sourceFaults(source, known)).toEqual([source]);
  });

  it('is named part by part', () => {
    expect(sourceFaults('README.md; a private note; docs/OPERATIONS.md#keys', known)).toEqual(['a private note']);
  });
});
