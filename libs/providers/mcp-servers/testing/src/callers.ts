import type { Principal } from '@manifold/auth';
import { openCall, type CallContext } from '@manifold/tool-provider';
import type { McpServersProvider } from '../../src/mcp-servers.provider.js';
import { principalOf } from './gateway.js';

export interface CallerOptions extends Partial<CallContext> {
  readonly timeoutMs?: number;
}

/** Runs something in the name of a user, as the transport would: with a deadline, and with what else the caller brings along. */
export async function as<T>(
  user: string | Principal,
  run: (context: CallContext, cancel: () => void) => Promise<T>,
  { timeoutMs = 500_000, ...brought }: CallerOptions = {},
): Promise<T> {
  const principal = typeof user === 'string' ? principalOf(user) : user;
  const call = openCall({ principal, requestId: 'relay-spec', timeoutMs });
  return run({ ...call.context, signal: call.context.signal, ...brought }, () => call.cancel()).finally(() =>
    call.close(),
  );
}

/** Calls a tool of a server by its own name. */
export async function callTool(
  provider: McpServersProvider,
  app: string,
  name: string,
  args: Record<string, unknown>,
  context: CallContext,
) {
  const tool = (await provider.listTools(context)).find((one) => one.app === app && one.name === name);
  if (!tool) throw new Error(`${app} has no tool ${name}`);
  return provider.callTool(tool.ref, args, context);
}
