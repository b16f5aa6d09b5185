import { EVERYTHING, viewOf, type View } from '@manifold/tool-registry';
import { invalidRequest } from './json-rpc-error.js';

/** Keys of integrations, and names of registered servers. */
const APP = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;
const MAX_APPS = 100;

/**
 * The view that a URL asks for: `apps=a,b` and `mode=static|dynamic`. An app that does not exist is no error: it has no tools.
 * @param query of the request, parsed
 * @throws JsonRpcError 400
 */
export function readView(query: unknown): View {
  const { apps, mode } = query as { readonly apps?: unknown; readonly mode?: unknown };
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
  if (!names.every((name) => APP.test(name))) {
    throw invalidRequest('apps must be names of integrations or servers, separated by commas: apps=a,b');
  }
  return names;
}
