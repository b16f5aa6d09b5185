import type { PackagedServer } from '@manifold/server-model';
import { ownArguments } from '../registry/packaged-program.js';
import { hiddenTransport, type Placeholder, type ServerRecord } from '@manifold/mcp-hosting';
import type { ServerDefinitionDto } from './servers-document.dto.js';

/** Members of a record that are not settings, or that a document writes in another form. */
const NO_SETTINGS = new Set(['tenant', 'name', 'transport', 'destination', 'createdAt', 'updatedAt']);

/** Returns the definition of a server for a document. An import of the unchanged definition changes nothing. */
export function definitionOf(record: ServerRecord, packaged: PackagedServer | undefined): ServerDefinitionDto {
  const settings = Object.entries(record).filter(([member]) => !NO_SETTINGS.has(member));
  return {
    name: record.name,
    ...(packaged && { package: packaged.facts }),
    ...transportOf(record, packaged),
    ...Object.fromEntries(settings),
  };
}

/**
 * Returns the transport settings. Maps are sorted, so that a document changes only if a server changes. A reference stands in place of each
 * confidential value.
 */
function transportOf(
  { name, transport }: ServerRecord,
  packaged: PackagedServer | undefined,
): Partial<ServerDefinitionDto> {
  const reference = referenceOf(name);
  if (transport.transportType === 'streamable_http') {
    const shown = hiddenTransport(transport, reference);
    return { ...shown, headers: sorted(shown.headers) };
  }
  // The path of a package, and so its command, differs between machines.
  const own = packaged && ownArguments(transport, packaged);
  const { transportType, command, args, cwd, env, network, allowedDomains } = hiddenTransport(
    { ...transport, args: own ?? transport.args },
    reference,
  );
  const place = { cwd, env: sorted(env), network, allowedDomains };
  return packaged ? { transportType, args: own && args, ...place } : { transportType, command, args, ...place };
}

/** Returns the reference to a confidential value: `${input:remote.headers.Authorization}`. */
const referenceOf =
  (server: string): Placeholder =>
  (path) =>
    `\${input:${server}.${path.replace(/[{}]/g, '')}}`;

const sorted = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1)));
