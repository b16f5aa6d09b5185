/** The part of a server's view that is about its start. */
export interface StartedServer {
  readonly name: string;
  readonly enabled: boolean;
  readonly status: string;
  readonly lastError?: string;
}

/** Returns the warning of an answer to a request that starts a server, if the server does not run. */
export function startWarning({ name, enabled, status, lastError }: StartedServer): { readonly warning?: string } {
  if (!enabled) return {};
  if (lastError !== undefined) {
    const what = status === 'connected' ? 'runs with a fault' : 'does not run';
    return { warning: `Server ${name} ${what}: ${lastError}` };
  }
  if (status === 'connected' || status === 'disconnected') return {};
  return { warning: `Server ${name} is still starting: GET /mcp/servers/${name} shows its status` };
}
