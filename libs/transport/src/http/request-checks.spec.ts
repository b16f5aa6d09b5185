import { isModernEra } from './request-checks.js';

describe('isModernEra', () => {
  const claim = (version: unknown) => ({ params: { _meta: { 'io.modelcontextprotocol/protocolVersion': version } } });

  it.each([
    ['a modern header', {}, '2026-07-28', true],
    ['a revision in the body', claim('2026-07-28'), undefined, true],
    ['any revision in the body, also a wrong one', claim(7), '2025-11-25', true],
    ['a legacy header', {}, '2025-11-25', false],
    ['other keys in _meta', { params: { _meta: { progressToken: 1 } } }, undefined, false],
    ['no params', {}, undefined, false],
    ['a batch', [claim('2026-07-28')], undefined, false],
    ['null', null, undefined, false],
  ])('%s', (_title, body, header, modern) => {
    expect(isModernEra({ headers: { 'mcp-protocol-version': header }, body })).toBe(modern);
  });
});
