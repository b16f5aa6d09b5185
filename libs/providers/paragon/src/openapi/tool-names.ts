import { createHash } from 'node:crypto';

/** `googleCalendar` → `GOOGLECALENDAR`, `custom.spotify` → `SPOTIFY`: the same prefixes as Paragon's own server uses. */
const slugOf = (integration: string): string => words(integration.replace(/^custom\./, ''));

/**
 * Returns the preferred name of an operation, from its summary. If there is none, the operationId or the method and path are used.
 * The name is valid (`[A-Z0-9_-]`), but it may be long and is not necessarily unique.
 */
export function wantedName(
  integration: string,
  { summary, operationId }: { readonly summary?: unknown; readonly operationId?: unknown },
  methodAndPath: string,
): string {
  const candidates = [textOf(summary), apart(textOf(operationId)), methodAndPath].map(words);
  return `${slugOf(integration)}_${candidates.find((candidate) => candidate !== '')}`;
}

/**
 * Returns one name for each tool, in the same order. If several tools have the same preferred name, each gets a suffix from the hash of
 * its identity. The name of a tool therefore does not depend on the order of the tools.
 */
export function uniqueNames(tools: readonly { readonly wantedName: string; readonly identity: string }[]): string[] {
  let names = tools.map(({ wantedName }) => wantedName);
  for (const digits of [8, 16, 64]) {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    if (counts.size === names.length) return names;
    names = names.map((name, index) => (counts.get(name) === 1 ? name : suffixed(tools[index]!, digits)));
  }
  return names;
}

function suffixed({ wantedName, identity }: { wantedName: string; identity: string }, digits: number): string {
  const suffix = createHash('sha256').update(identity).digest('hex').slice(0, digits);
  return `${wantedName}_${suffix.toUpperCase()}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `getUserById` → `get User By Id`. */
const apart = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2');

function words(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/[\p{M}'’]/gu, '');
  return plain
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toUpperCase();
}
