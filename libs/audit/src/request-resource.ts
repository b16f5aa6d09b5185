import type { FastifyRequest } from 'fastify';
import type { AuditEvent } from './audit-entry.js';

/** Members of bodies that name something. Nothing else of a body is written down: it may be secret. */
const NAMES = [
  'id',
  'name',
  'serverName',
  'secretName',
  'username',
  'package',
  'packageName',
  'version',
  'roles',
] as const;
/** Documents of servers: their names are their keys. */
const DOCUMENTS = ['mcpServers', 'servers'] as const;
const LONGEST = 256;
const MOST_NAMES = 50;

/** What a REST request was about: route parameters, and names in its body. */
export function resourceOf({ params, body }: FastifyRequest): Pick<AuditEvent, 'resource' | 'server'> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries((params ?? {}) as Record<string, unknown>)) note(found, name, value);
  if (isObject(body)) {
    for (const name of NAMES) note(found, name, body[name]);
    for (const name of DOCUMENTS) if (isObject(body[name])) note(found, name, Object.keys(body[name]));
  }
  const names = Object.keys(found);
  return {
    resource: names.length === 0 ? undefined : names.map((name) => `${name}=${found[name]}`).join(' '),
    server: found.serverName ?? found.server ?? undefined,
  };
}

function note(found: Record<string, string>, name: string, value: unknown): void {
  const text = Array.isArray(value)
    ? value
        .filter((item) => typeof item === 'string')
        .slice(0, MOST_NAMES)
        .join(',')
    : value;
  if (typeof text === 'string' && text !== '') found[name] = text.slice(0, LONGEST);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
