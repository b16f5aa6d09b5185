import { invalidRequest } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import type { InstallRequest } from '../installs/package-installs.service.js';
import type { WantedPackage } from '../model/package-runtime.js';
import type { InstallPackageDto } from './packages.dto.js';

/** Converts a request body. @throws ProblemError 400 if fields contradict each other */
export function installRequest(body: InstallPackageDto): InstallRequest {
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
  if (pythonModule === undefined) throw fault('pythonModule', 'required', 'is needed for runtime python');
  if (settings.transportType === 'streamable_http') {
    throw fault('transportType', 'python', 'must be stdio for runtime python');
  }
  refuse({ command: settings.command }, 'is not allowed for runtime python: use pythonModule instead');
  const python = {
    module: pythonModule,
    dependencies: pipDependencies ?? [],
    indexUrl: pipIndexUrl,
    extraIndexUrl: pipExtraIndexUrl,
  };
  const args = pythonArgs ?? settings.args;
  return { serverName, runtime, wanted: { ...wanted, python }, settings: { ...settings, args } };
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
