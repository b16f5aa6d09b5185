import { secretForms } from './secret-forms.js';

const REPLACEMENT = '[secret]';

/**
 * Removes secrets from the response of an upstream.
 * @param value JSON of any depth; it is not changed
 * @param secrets name → value; values of fewer than 8 characters are not removed
 * @returns a copy in which `[secret]` replaces each occurrence of a value in strings and keys, in any of its forms: as it is, escaped in
 *   JSON, in base64, in hexadecimal digits and encoded for URLs; the same object if there is no occurrence
 */
export function scrub<T>(value: T, secrets: Readonly<Record<string, string>>): T {
  const needles = needlesOf(secrets);
  if (needles.length === 0) return value;
  const reveals = (text: string) => needles.some((needle) => text.includes(needle));
  if (!someText(value, reveals)) return value;
  return mapTexts(value, (text) => (reveals(text) ? hide(text, needles) : text)) as T;
}

/** The forms of the secrets of a call, for its progress, its result and its errors. */
const known = new WeakMap<Readonly<Record<string, string>>, readonly string[]>();

function needlesOf(secrets: Readonly<Record<string, string>>): readonly string[] {
  const needles = known.get(secrets) ?? [...new Set(Object.values(secrets).flatMap(secretForms))];
  known.set(secrets, needles);
  return needles;
}

/** Replaces all occurrences. Secrets may overlap, so every character that belongs to any of them is removed. */
function hide(text: string, needles: readonly string[]): string {
  const spans = needles.flatMap((needle) => occurrences(text, needle)).sort(([a], [b]) => a - b);
  let hidden = '';
  let end = 0;
  for (const [from, to] of spans) {
    if (from >= end) hidden += text.slice(end, from) + REPLACEMENT;
    end = Math.max(end, to);
  }
  return hidden + text.slice(end);
}

function occurrences(text: string, needle: string): [from: number, to: number][] {
  const spans: [number, number][] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1))
    spans.push([at, at + needle.length]);
  return spans;
}

type Container = Record<string, unknown>;
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Tests every string and every key. It is iterative, because an upstream's value may be nested deeper than the call stack allows. */
function someText(root: unknown, test: (text: string) => boolean): boolean {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string' && test(value)) return true;
    if (!isContainer(value)) continue;
    if (!Array.isArray(value) && Object.keys(value).some(test)) return true;
    for (const item of Object.values(value)) pending.push(item);
  }
  return false;
}

/** Returns a copy with every string and key changed. It is iterative for the same reason. */
function mapTexts(root: unknown, change: (text: string) => string): unknown {
  const pending: [source: Container, copy: Container][] = [];
  const copyOf = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value);
    if (!isContainer(value)) return value;
    const copy = (Array.isArray(value) ? [] : {}) as Container;
    pending.push([value, copy]);
    return copy;
  };
  const result = copyOf(root);
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [source, copy] = next;
    for (const [key, item] of Object.entries(source)) define(copy, change(key), copyOf(item));
  }
  return result;
}

/** Defines a property. An assignment would treat the key `__proto__` as the prototype. */
function define(target: Container, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
}
