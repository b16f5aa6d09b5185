import type { PackagedServer } from '@manifold/server-hosting';
import { hideHeaders } from './hidden-headers.js';
import { ownArguments } from './packaged-program.js';
import type { ServerRecord } from './server-record.js';
import type { ServerDefinitionDto } from './servers-document.dto.js';

/** Members of a record that are no settings, and those that are written in another way. */
const NO_SETTINGS = new Set(['tenant', 'name', 'transport', 'createdAt', 'updatedAt']);

/** A server as a document has it. Imported again, it changes nothing. */
export function definitionOf(record: ServerRecord, packaged: PackagedServer | undefined): ServerDefinitionDto {
  const settings = Object.entries(record).filter(([member]) => !NO_SETTINGS.has(member));
  return {
    name: record.name,
    ...(packaged && { package: packaged.facts }),
    ...transportOf(record.transport, packaged),
    ...Object.fromEntries(settings),
  };
}

/** Maps are sorted, so that a document changes only where a server does. */
function transportOf(
  transport: ServerRecord['transport'],
  packaged: PackagedServer | undefined,
): Partial<ServerDefinitionDto> {
  if (transport.transportType === 'streamable_http') {
    return { ...transport, headers: sorted(hideHeaders(transport.headers)) };
  }
  const { transportType, command, args } = transport;
  const env = sorted(transport.env);
  // Where a package lies, and so its command, differs from machine to machine.
  return packaged
    ? { transportType, args: ownArguments(transport, packaged), env }
    : { transportType, command, args, env };
}

const sorted = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1)));
