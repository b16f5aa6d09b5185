/** Shorter values are too likely to be in a text by chance. */
const LEAST_LENGTH = 8;
const REPLACEMENT = '[secret]';

/**
 * Takes secrets out of what an upstream answered.
 * @param value JSON of any depth; it is not changed
 * @param secrets name → value; values of fewer than 8 characters stay
 * @returns a copy in which each occurrence of a value, as it is or as JSON writes it inside a string, became `[secret]`, in keys too;
 *   the very same value where there is none
 */
export function scrub<T>(value: T, secrets: Readonly<Record<string, string>>): T {
  const needles = needlesOf(Object.values(secrets));
  if (needles.length === 0) return value;
  const reveals = (text: string) => needles.some((needle) => text.includes(needle));
  if (!someText(value, reveals)) return value;
  return mapTexts(value, (text) => (reveals(text) ? hide(text, needles) : text)) as T;
}

function needlesOf(secrets: readonly string[]): string[] {
  const long = secrets.filter((secret) => secret.length >= LEAST_LENGTH);
  return [...new Set(long.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
}

/** Secrets may overlap: what belongs to any of them goes. */
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

/** Looks at every string and every key. Iterative: what an upstream nests deeper than the stack must not end the call. */
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

/** A copy with every string and key changed. Iterative, too. */
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

/** Assignment would take the key `__proto__` for the prototype. */
function define(target: Container, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
}
