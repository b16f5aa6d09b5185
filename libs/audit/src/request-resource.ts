import type { FastifyRequest } from 'fastify';
import { isObject, shortName } from '@manifold/async';
import type { AuditEvent } from './audit-entry.js';

/** Body members that contain names. No other member of a body is logged, because it may be secret. */
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
/** Body members that map server names to their configurations. Only the names are logged. */
const DOCUMENTS = ['mcpServers', 'servers'] as const;
const MOST_NAMES = 50;

/** Returns what a REST request refers to: its route parameters, the user in its query and the names in its body. */
export function resourceOf({ params, query, body }: FastifyRequest): Pick<AuditEvent, 'resource' | 'server'> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries((params ?? {}) as Record<string, unknown>)) note(found, name, value);
  if (isObject(query)) note(found, 'username', query.username);
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
        .map(shortName)
        .join(',')
    : value;
  if (typeof text === 'string' && text !== '') found[name] = shortName(text);
}
