import { createHash } from 'node:crypto';

/** `googleCalendar` → `GOOGLECALENDAR`, `custom.spotify` → `SPOTIFY`: as Paragon's own server names them. */
const slugOf = (integration: string): string => words(integration.replace(/^custom\./, ''));

/**
 * The name that an operation should have: its summary or, without one, its operationId or its method and path.
 * Valid (`[A-Z0-9_-]`), but neither unique nor short.
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
 * One name for each tool, in the same order. Of tools that want one name none gets it: each gets a suffix that is made from what it
 * is, so that its name does not depend on the others' order.
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
