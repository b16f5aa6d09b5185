import { invalidRequest, type ProblemError } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import { secretsIn, type SecretSettings, type ServerRecord } from '@manifold/mcp-hosting';

type TransportType = ServerRecord['transport']['transportType'];

/**
 * Applies the given fields to the stored secret settings. If the transport type changes, `secretsAs` is reset.
 * @throws ProblemError 400 for settings that contradict each other
 */
export function secretSettings(
  settings: ServerSettings,
  transportType: TransportType,
  before?: ServerRecord,
): SecretSettings {
  const sameTransport = before?.transport.transportType === transportType;
  const secretsAs = settings.secretsAs ?? (sameTransport ? before?.secretsAs : undefined);
  const isolation = settings.isolation ?? before?.isolation;
  const secretNames = settings.secretNames ?? before?.secretNames;
  if (secretsAs === 'environment') requireEnvironment(transportType, isolation, secretNames);
  if (secretsAs !== 'headers') {
    if (settings.secretHeaders) throw fault('secretHeaders', 'needs secretsAs to be "headers"');
    return { isolation, secretsAs, secretNames, secretHeaders: undefined };
  }
  const secretHeaders = settings.secretHeaders ?? before?.secretHeaders;
  requireHeaders(transportType, secretHeaders, secretNames);
  return { isolation, secretsAs, secretNames, secretHeaders };
}

function requireEnvironment(
  transportType: TransportType,
  isolation: SecretSettings['isolation'],
  secretNames: readonly string[] | undefined,
): void {
  if (transportType !== 'stdio') throw fault('secretsAs', '"environment" needs a server of transportType stdio');
  if (isolation !== 'user') throw fault('isolation', 'must be "user" if secretsAs is "environment"');
  // Users choose the names of their secrets. Without a list of names, a user could set NODE_OPTIONS or LD_PRELOAD.
  if (!secretNames?.length) throw fault('secretNames', 'is needed if secretsAs is "environment"');
}

function requireHeaders(
  transportType: TransportType,
  secretHeaders: Readonly<Record<string, string>> | undefined,
  secretNames: readonly string[] | undefined,
): void {
  if (transportType !== 'streamable_http') {
    throw fault('secretsAs', '"headers" needs a server of transportType streamable_http');
  }
  const templates = Object.entries(secretHeaders ?? {});
  if (templates.length === 0) throw fault('secretHeaders', 'is needed if secretsAs is "headers"');
  for (const [header, template] of templates) {
    const names = secretsIn(template);
    if (names.length === 0) throw fault(`secretHeaders/${header}`, 'must name a secret in braces');
    const foreign = secretNames && names.find((name) => !secretNames.includes(name));
    if (foreign) throw fault(`secretHeaders/${header}`, `names ${foreign}, which is not among secretNames`);
  }
}

const fault = (field: string, rule: string): ProblemError =>
  invalidRequest([{ pointer: `/${field}`, code: 'does_not_fit', detail: `${field} ${rule}` }]);
