import { isModernVersion, negotiateLegacy } from './protocol-versions.js';

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
