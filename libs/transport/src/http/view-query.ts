import { EVERYTHING, ownViewOf, viewOf, type View } from '@manifold/tool-registry';
import { invalidRequest } from '../json-rpc/json-rpc-error.js';

/** Pattern of integration keys and of names of registered servers. */
const APP = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;
const MAX_APPS = 100;

export const isApp = (name: string): boolean => APP.test(name);

/**
 * Returns the view that a URL asks for with `apps=a,b` and `mode=static|dynamic`. An unknown app is no error. It has no tools.
 * @param query parsed query of the request
 * @param server name of the server if the request came to that server's own endpoint; `apps` and `mode` are refused there
 * @throws JsonRpcError 400
 */
export function readView(query: unknown, server?: string): View {
  const { apps, mode } = query as { readonly apps?: unknown; readonly mode?: unknown };
  if (server !== undefined) {
    if (apps === undefined && mode === undefined) return ownViewOf(server);
    throw invalidRequest('apps and mode are only allowed at the endpoint of all servers');
  }
  if (apps === undefined && mode === undefined) return EVERYTHING;
  return viewOf(readApps(apps), readMode(mode) === 'dynamic');
}

function readMode(mode: unknown): 'static' | 'dynamic' {
  if (mode === undefined) return 'static';
  if (mode !== 'static' && mode !== 'dynamic')
    throw invalidRequest('mode must be static or dynamic, and be given once');
  return mode;
}

function readApps(apps: unknown): string[] | undefined {
  if (apps === undefined) return undefined;
  if (typeof apps !== 'string') throw invalidRequest('apps must be given once: apps=a,b');
  const names = apps.split(',', MAX_APPS + 1);
  if (names.length > MAX_APPS) throw invalidRequest(`apps must name at most ${MAX_APPS} apps`);
  if (!names.every(isApp)) {
    throw invalidRequest('apps must be names of integrations or servers, separated by commas: apps=a,b');
  }
  return names;
}
