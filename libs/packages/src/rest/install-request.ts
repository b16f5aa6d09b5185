import { invalidRequest } from '@manifold/rest';
import { SERVER_NAME, understoodSettings, warningsAbout, type ServerSettings } from '@manifold/server-model';
import { withExtras } from '../python/index.js';
import type { InstallRequest } from '../installs/package-installs.service.js';
import type { WantedPackage } from '../model/package-runtime.js';
import type { InstallPackageDto } from './packages.dto.js';

/** Name of a console script. */
const SCRIPT = /^[\w-][\w.-]{0,99}$/;

/** The fields of an install, without those that are only there for clients of other gateways. */
export type InstallFields = Omit<
  InstallPackageDto,
  'serverName' | 'failOnWarning' | 'type' | 'disabled' | 'authMode' | 'secretName'
> & {
  readonly serverName: string;
};

/** An install as a client has asked for it, and what the client should know. */
export interface UnderstoodInstall {
  readonly request: InstallRequest;
  readonly warnings: readonly string[];
}

/** Converts a request body. @throws ProblemError 400 if fields contradict each other, or no name for the server follows from them */
export function understoodInstall({ failOnWarning, ...body }: InstallPackageDto): UnderstoodInstall {
  const serverName = body.serverName ?? serverNameFor(body.name);
  const { settings, ...about } = understoodSettings(body, serverName);
  const ignored = failOnWarning ? ['failOnWarning has no effect: an install does not fail because of warnings'] : [];
  return { request: installRequest({ ...settings, serverName }), warnings: [...warningsAbout(about), ...ignored] };
}

/** Returns the name of the package without its scope and extras: `@modelcontextprotocol/server-memory` is `server-memory`. */
function serverNameFor(name: string): string {
  const own = name.slice(name.lastIndexOf('/') + 1).replace(/\[.*$/, '');
  if (SERVER_NAME.test(own)) return own;
  throw fault('serverName', 'required', 'is needed: the name of the package cannot be the name of a server');
}

/** Converts the fields of an install. @throws ProblemError 400 if fields contradict each other */
export function installRequest(body: InstallFields): InstallRequest {
  const { name, version, serverName, runtime = 'node', allowScripts = false, ...rest } = body;
  const { pythonModule, pythonArgs, pipIndexUrl, pipExtraIndexUrl, pipDependencies, ...settings } = rest;
  const wanted: WantedPackage = { name, version, allowScripts };
  if (runtime === 'node') {
    refuse(
      { pythonModule, pythonArgs, pipIndexUrl, pipExtraIndexUrl, pipDependencies },
      'is only allowed for runtime python',
    );
    return { serverName, runtime, wanted, settings: stdioOnly(settings) };
  }
  if (settings.transportType === 'streamable_http') {
    throw fault('transportType', 'python', 'must be stdio for runtime python');
  }
  const { command } = settings;
  if (pythonModule !== undefined) refuse({ command }, 'is not allowed beside pythonModule: give one of them');
  if (command !== undefined && !SCRIPT.test(command)) {
    throw fault('command', 'script', 'must be the name of a console script for runtime python');
  }
  const { name: pythonPackage, requirements } = withExtras(name);
  const python = {
    module: pythonModule,
    dependencies: [...requirements, ...(pipDependencies ?? [])],
    indexUrl: pipIndexUrl,
    extraIndexUrl: pipExtraIndexUrl,
  };
  const args = pythonArgs ?? settings.args;
  return { serverName, runtime, wanted: { ...wanted, name: pythonPackage, python }, settings: { ...settings, args } };
}

/** For streamable_http, `command`, `args` and `env` are ignored, as the specification says. */
function stdioOnly(settings: ServerSettings): ServerSettings {
  if (settings.transportType !== 'streamable_http') return settings;
  return { ...settings, command: undefined, args: undefined, env: undefined };
}

function refuse(fields: Readonly<Record<string, unknown>>, why: string): void {
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) throw fault(field, 'misplaced', why);
}

const fault = (field: string, code: string, why: string) =>
  invalidRequest([{ pointer: `/${field}`, code, detail: `${field} ${why}` }]);
