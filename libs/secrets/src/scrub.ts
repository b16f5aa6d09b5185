import { Needles } from './needles.js';
import { secretForms } from './secret-forms.js';

/**
 * Removes secrets from the response of an upstream.
 * @param value JSON of any depth; it is not changed
 * @param secrets name → value; values of fewer than 8 characters are not removed
 * @returns a copy in which `[secret]` replaces each occurrence of a value in strings and keys, in any of its forms: as it is, escaped in
 *   JSON, in base64, in hexadecimal digits and encoded for URLs, base64 and digits also in lines; the same object if there is no occurrence
 */
export function scrub<T>(value: T, secrets: Readonly<Record<string, string>>): T {
  const needles = needlesOf(secrets);
  const isIn = (text: string): boolean => {
    const inOneLine = withoutBreaks(text);
    return needles.occurIn(text) || (inOneLine !== text && needles.occurIn(inOneLine));
  };
  if (needles.isEmpty || !someText(value, isIn)) return value;
  return mapTexts(value, (text) => hiddenIn(text, needles)) as T;
}

/**
 * The ends of lines of base64 and of hexadecimal digits, as encoders break them: MIME after 76 characters, PEM after 64 and xxd after 60.
 * A line is shorter where a secret in it has been replaced.
 */
const BREAKS = /\r?\n(?<=(?:[\w+/-]{60}|\[secret\][\w+/-]{0,76})\r?\n)[ \t]*(?=[\w+/=-])/g;

const withoutBreaks = (text: string): string => text.replace(BREAKS, '');

/** The lines of a text stay, unless a secret goes over the end of one. */
function hiddenIn(text: string, needles: Needles): string {
  const hidden = needles.hideIn(text);
  const inOneLine = withoutBreaks(hidden);
  return needles.occurIn(inOneLine) ? needles.hideIn(inOneLine) : hidden;
}

/** The forms of the secrets of a call, for its progress, its result and its errors. */
const known = new WeakMap<Readonly<Record<string, string>>, Needles>();

function needlesOf(secrets: Readonly<Record<string, string>>): Needles {
  const needles = known.get(secrets) ?? new Needles(Object.values(secrets).flatMap(secretForms));
  known.set(secrets, needles);
  return needles;
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
