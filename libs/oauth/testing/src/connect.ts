import { ConnectFlow, type Callback, type StartOptions } from '../../src/flow/connect-flow.js';
import { type ConnectionOwner } from '../../src/tokens/connection-owner.js';
import { type ProtectedServer } from '../../src/protocol/protected-server.js';
import { ResourceOwner } from '../../../../test/simulators/oauth/index.js';
import type { OAuthProcess } from './oauth-process.js';

/** The parameters with which a browser comes back. */
export const callbackOf = (url: URL): Callback => Object.fromEntries(url.searchParams);

/** The `Cookie` header that follows from a `Set-Cookie` header. */
export const cookieOf = (setCookie: string): string => setCookie.split(';')[0]!;

/** Connects a user, who allows everything. */
export async function connect(
  process: OAuthProcess,
  owner: ConnectionOwner,
  server: ProtectedServer,
  options: StartOptions = {},
): Promise<void> {
  const flow = process.get(ConnectFlow);
  const { authorizationUrl, setCookie } = await flow.start(owner, server, options);
  const back = await new ResourceOwner(owner.principal.subject).allow(authorizationUrl);
  await flow.finish(callbackOf(back), cookieOf(setCookie));
}
