import { invalidRequest } from '@manifold/rest';
import type { Place } from './audit-entry.js';

const CURSOR = /^(\d{1,15})\.([A-Za-z0-9._-]{1,300})$/;

export const cursorOf = ({ time, id }: Place): string => `${time}.${id}`;

/** @throws Problem 400 for a text that no answer gave */
export function placeOf(cursor: string): Place {
  const [, time, id] = CURSOR.exec(cursor) ?? [];
  if (time !== undefined) return { time: Number(time), id: id! };
  throw invalidRequest([{ pointer: '/cursor', code: 'unknown_cursor', detail: 'cursor is not one of an answer' }]);
}
