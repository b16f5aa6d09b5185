import { errorOf } from './api-error.js';

/**
 * One page of a list. A cursor says where the next one begins; the last page has none.
 * @throws ApiError 400 for a cursor that this list did not give
 */
export function pageOf(items: readonly object[], cursor: string | undefined, size: number): object {
  const from = cursor === undefined ? 0 : Number(Buffer.from(cursor, 'base64url').toString());
  if (!Number.isSafeInteger(from) || from < 0 || from > items.length) throw errorOf(400, 'The cursor is not valid');
  const next = from + size;
  const more = next < items.length ? { cursor: Buffer.from(String(next)).toString('base64url') } : {};
  return { items: items.slice(from, next), ...more };
}
