import { isObject, metaOf } from './json-rpc.js';

/** The stateless revisions that the gateway speaks. */
export const MODERN_VERSIONS = ['2026-07-28'] as const;
/** The revisions with `initialize` and sessions. */
export const LEGACY_VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;

export type LegacyVersion = (typeof LEGACY_VERSIONS)[number];
const LATEST_LEGACY: LegacyVersion = '2025-11-25';

/** Names the revision of a request in the modern era, inside `params._meta`. */
export const PROTOCOL_VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

export const isLegacyVersion = (version: string): version is LegacyVersion =>
  (LEGACY_VERSIONS as readonly string[]).includes(version);

/** Whether it names a revision of the modern era, also one that is not supported. */
export const isModernVersion = (version: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MODERN_VERSIONS[0];

/** What `initialize` answers: the client's revision where it is known, else the latest that has sessions. */
export const negotiateLegacy = (requested: string): LegacyVersion =>
  isLegacyVersion(requested) ? requested : LATEST_LEGACY;

/**
 * Whether a POST belongs to the modern era: its body says so in `_meta`, or its header names a modern revision.
 * The body comes first, because a proxy may strip headers; where the two disagree, the modern era has the error for it.
 */
export function isModernEra(body: unknown, versionHeader: string | undefined): boolean {
  if (versionHeader !== undefined && isModernVersion(versionHeader)) return true;
  if (!isObject(body) || !isObject(body.params)) return false;
  return metaOf(body.params)[PROTOCOL_VERSION_KEY] !== undefined;
}
