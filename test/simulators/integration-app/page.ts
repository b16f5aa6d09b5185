import { errorOf } from './api-error.js';

/**
 * Returns one page of a list. A cursor marks the start of the next page; the last page has none.
 * @throws ApiError 400 for a cursor that this list did not return
 */
export function pageOf(items: readonly object[], cursor: string | undefined, size: number): object {
  const from = cursor === undefined ? 0 : Number(Buffer.from(cursor, 'base64url').toString());
  if (!Number.isSafeInteger(from) || from < 0 || from > items.length) throw errorOf(400, 'The cursor is not valid');
  const next = from + size;
  const more = next < items.length ? { cursor: Buffer.from(String(next)).toString('base64url') } : {};
  return { items: items.slice(from, next), ...more };
}
