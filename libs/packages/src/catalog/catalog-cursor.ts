import { invalidRequest } from '@manifold/rest';

/** Where an answer goes on: in the bundled list, or in the pages of the registry. */
export type CatalogPlace =
  { readonly from: 'bundled'; readonly offset: number } | { readonly from: 'registry'; readonly cursor: string };

export const FIRST_PLACE: CatalogPlace = { from: 'bundled', offset: 0 };

export const cursorOf = (place: CatalogPlace): string =>
  place.from === 'bundled' ? `b${place.offset}` : `r${place.cursor}`;

/**
 * @param hasRegistry whether there is one to go on in
 * @throws Problem 400 for a text that no answer gave
 */
export function placeOf(cursor: string, hasRegistry: boolean): CatalogPlace {
  if (hasRegistry && cursor.startsWith('r') && cursor.length > 1) return { from: 'registry', cursor: cursor.slice(1) };
  const offset = /^b(\d{1,6})$/.exec(cursor)?.[1];
  if (offset !== undefined) return { from: 'bundled', offset: Number(offset) };
  throw invalidRequest([{ pointer: '/cursor', code: 'unknown_cursor', detail: 'cursor is not one of an answer' }]);
}
