/** Stateless protocol revisions that the gateway supports: the modern era. */
export const MODERN_VERSIONS = ['2026-07-28'] as const;
/** Protocol revisions with `initialize` and sessions: the legacy era. */
export const LEGACY_VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;

export type LegacyVersion = (typeof LEGACY_VERSIONS)[number];
const LATEST_LEGACY: LegacyVersion = '2025-11-25';

export const isLegacyVersion = (version: string): version is LegacyVersion =>
  (LEGACY_VERSIONS as readonly string[]).includes(version);

/** Returns whether the version belongs to the modern era. An unsupported modern revision counts, too. */
export const isModernVersion = (version: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MODERN_VERSIONS[0];

/** Chooses the revision that `initialize` returns: the client's if it is supported, else the latest legacy revision. */
export const negotiateLegacy = (requested: string): LegacyVersion =>
  isLegacyVersion(requested) ? requested : LATEST_LEGACY;
