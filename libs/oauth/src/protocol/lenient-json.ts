import { isObject } from '@manifold/async';

/** Object of a JSON document, before any of its members was checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @returns undefined for everything else, such as an HTML page, an array or null */
export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// Optional members may be null, empty or of another type at real servers. Such a member counts as missing.

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** @returns a finite number, also one that is written as text */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Reads a list of words: an array, or one text with spaces between them. */
export function wordsOf(value: unknown): string[] | undefined {
  const list = typeof value === 'string' ? value.trim().split(/\s+/) : value;
  if (!Array.isArray(list)) return undefined;
  return list.filter((word): word is string => typeof word === 'string' && word !== '');
}

export const isYes = (value: unknown): boolean => value === true || value === 'true';
