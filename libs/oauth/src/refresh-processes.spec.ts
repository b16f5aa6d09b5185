import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizationServer, ProtectedUpstream } from '../../../test/simulators/oauth/index.js';
import { connect, OAuthProcess, TokenProcess, user } from '../testing/src/index.js';

let folder: string;
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let one: TokenProcess;
let two: TokenProcess;
let first: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-processes-'));
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  const gateway = await OAuthProcess.start({ dataDir: folder });
  await connect(gateway, user('ann'), { name: 'files', url: upstream.url });
  await gateway.stop();
  [one, two] = await Promise.all([TokenProcess.start(folder), TokenProcess.start(folder)]);
});

beforeEach(async () => {
  first = await one.accessToken('ann', { url: upstream.url });
  authority.clearRequests();
});

afterAll(async () => {
  await Promise.all([one.kill(), two.kill()]);
  await upstream.stop();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

const refreshes = () => authority.requestsTo('token:refresh_token').length;
const renewed = (process: TokenProcess) => process.accessToken('ann', { url: upstream.url, rejected: first });

it('refreshes once for 100 calls in two processes', async () => {
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, index) => renewed(index % 2 ? one : two)));
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).not.toBe(first);
  expect(refreshes()).toBe(1);
});

it('takes over from a process that was killed while it waited for the answer', async () => {
  authority.next('token:refresh_token', 'never');
  const arrived = authority.nextRequest('token:refresh_token');
  void renewed(one);
  await arrived;
  const waiting = renewed(two);
  await one.kill();
  expect(await waiting).not.toBe(first);
  expect(refreshes()).toBe(2);
});
