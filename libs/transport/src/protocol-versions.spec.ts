import { isModernEra, isModernVersion, negotiateLegacy } from './protocol-versions.js';

describe('negotiateLegacy', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('speaks %s where the client does', (version) => {
    expect(negotiateLegacy(version)).toBe(version);
  });

  it.each(['2026-07-28', '1999-01-01', '', 'latest'])(
    'answers "%s" with the latest revision that has sessions',
    (version) => {
      expect(negotiateLegacy(version)).toBe('2025-11-25');
    },
  );
});

describe('isModernVersion', () => {
  it.each([
    ['2026-07-28', true],
    ['2027-01-01', true],
    ['2025-11-25', false],
    ['9', false],
    ['2026-07-28x', false],
  ])('%s: %s', (version, modern) => {
    expect(isModernVersion(version)).toBe(modern);
  });
});

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
    expect(isModernEra(body, header)).toBe(modern);
  });
});
