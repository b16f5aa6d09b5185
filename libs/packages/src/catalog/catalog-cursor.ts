import { invalidRequest } from '@manifold/rest';

/** Position of the next page: an offset in the bundled list or a cursor of the registry. */
export type CatalogPosition =
  { readonly from: 'bundled'; readonly offset: number } | { readonly from: 'registry'; readonly cursor: string };

export const FIRST_POSITION: CatalogPosition = { from: 'bundled', offset: 0 };

export const cursorOf = (position: CatalogPosition): string =>
  position.from === 'bundled' ? `b${position.offset}` : `r${position.cursor}`;

/**
 * Parses a cursor.
 * @param hasRegistry whether a registry is configured
 * @throws ProblemError 400 if the text is not a cursor from an answer
 */
export function positionOf(cursor: string, hasRegistry: boolean): CatalogPosition {
  if (hasRegistry && cursor.startsWith('r') && cursor.length > 1) return { from: 'registry', cursor: cursor.slice(1) };
  const offset = /^b(\d{1,6})$/.exec(cursor)?.[1];
  if (offset !== undefined) return { from: 'bundled', offset: Number(offset) };
  throw invalidRequest([
    { pointer: '/cursor', code: 'unknown_cursor', detail: 'cursor must be the nextCursor of an earlier answer' },
  ]);
}
