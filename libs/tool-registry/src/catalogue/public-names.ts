import { createHash } from 'node:crypto';
import { tupleKey } from '@manifold/async';

/** Tool or prompt with the id of its provider. A public name refers to such a pair. */
export interface Owned {
  readonly providerId: string;
  readonly descriptor: { readonly app: string; readonly name: string; readonly publicName: string };
}

const VALID = /^[A-Za-z0-9_-]+$/;

/**
 * Returns a public name for each tool (or prompt): `[A-Za-z0-9_-]`, at most `max` characters, unique.
 *
 * A suggested name is used unchanged if it is valid and no other tool suggests it. All other names get a suffix: a hash of provider, app
 * and tool name. The hash does not depend on other registered tools. If two tools suggest the same name, both get a suffix, so a new
 * server can never take over the name of a known tool (docs/THREATS.md, threat 29).
 */
export function publicNames(tools: readonly Owned[], max: number): string[] {
  const wanted = tools.map(({ descriptor }) => descriptor.publicName);
  let names = wanted.map((name, index) => (fits(name, max) ? name : suffixed(tools[index]!, max, 8)));
  for (const digits of [8, 12, 16]) {
    const taken = countOf(names);
    if (taken.size === names.length) return names;
    names = names.map((name, index) => (taken.get(name) === 1 ? name : suffixed(tools[index]!, max, digits)));
  }
  return names;
}

const fits = (name: string, max: number): boolean => name.length <= max && VALID.test(name);

function suffixed({ providerId, descriptor }: Owned, max: number, digits: number): string {
  const identity = tupleKey(providerId, descriptor.app, descriptor.name);
  const suffix = createHash('sha256')
    .update(identity)
    .digest('hex')
    .slice(0, Math.min(digits, max - 2));
  const readable = descriptor.publicName.replaceAll(/[^A-Za-z0-9_-]/g, '-');
  return `${readable.slice(0, max - suffix.length - 1)}_${suffix}`;
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
