import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizationServer, ProtectedUpstream } from '../../../test/simulators/oauth/index.js';
import { connect, OAuthProcess, user } from '../testing/src/index.js';
import { ConnectFlow } from './flow/connect-flow.js';
import { Connections } from './connections.js';

let folder: string;
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let gateway: OAuthProcess;
let connections: Connections;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-connections-'));
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  gateway = await OAuthProcess.start({ dataDir: folder });
  connections = gateway.get(Connections);
  for (const owner of owners) await connect(gateway, owner, { name: owner.server, url: upstream.url });
});

afterEach(async () => {
  await gateway.stop();
  await upstream.stop();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

const owners = [user('ann', 'files'), user('bob', 'files'), user('ann', 'mail')];

const states = async () => Promise.all(owners.map(async (owner) => (await connections.status(owner)).state));

it('end with the server, which is registered anew if it comes back', async () => {
  expect(authority.registeredClients).toBe(2);
  await connections.removeServer('other', 'files');
  expect(await states()).toEqual(['connected', 'connected', 'connected']);
  await connections.removeServer('default', 'files');
  expect(await states()).toEqual(['none', 'none', 'connected']);
  await gateway.get(ConnectFlow).start(owners[0]!, { name: 'files', url: upstream.url });
  expect(authority.registeredClients).toBe(3);
});

it('end with the user', async () => {
  await connections.removeUser(owners[0]!.principal);
  expect(await states()).toEqual(['none', 'connected', 'none']);
});

it('end one by one', async () => {
  expect(await connections.disconnect(owners[0]!)).toBe(true);
  expect(await connections.disconnect(owners[0]!)).toBe(false);
  expect(await states()).toEqual(['none', 'connected', 'connected']);
});
