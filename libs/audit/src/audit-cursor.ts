import { invalidRequest } from '@manifold/rest';
import type { AuditPosition } from './audit-entry.js';

const CURSOR = /^(\d{1,15})\.([A-Za-z0-9._-]{1,300})$/;

export const cursorOf = ({ time, id }: AuditPosition): string => `${time}.${id}`;

/** @throws ProblemError 400 for a text that does not have the form of a cursor */
export function positionOf(cursor: string): AuditPosition {
  const [, time, id] = CURSOR.exec(cursor) ?? [];
  if (time !== undefined) return { time: Number(time), id: id! };
  throw invalidRequest([
    { pointer: '/cursor', code: 'unknown_cursor', detail: 'cursor must be the nextCursor of an earlier answer' },
  ]);
}
