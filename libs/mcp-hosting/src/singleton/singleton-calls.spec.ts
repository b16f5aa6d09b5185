import { subscribeMethods } from '@manifold/bus';
import { joinedBuses } from '@manifold/bus/testing';
import { LogRing, NotSentError, type RequestOptions, type UpstreamConnection } from '@manifold/mcp-client';
import { ProviderError } from '@manifold/tool-provider';
import { deferred } from '../../../../test/support/deferred.js';
import { CallsInFlight } from '../model/calls-in-flight.js';
import { LeasedConnection } from './leased-connection.js';
import { SingletonClient } from './singleton-client.service.js';
import { SingletonHost } from './singleton-host.service.js';

const SERVER = { key: 'one', settings: 'hash' };
const ended = new ProviderError('timeout', 'The deadline has passed');

describe('a singleton server that another replica uses', () => {
  const inner = {
    initializeResult: { serverInfo: { name: 'one' } },
    correlates: { requests: true, logs: true },
    request: jest.fn<Promise<object>, [string, object, RequestOptions]>(),
    onToolsChanged: jest.fn<void, [() => void]>(),
    onPrimitivesChanged: jest.fn(),
    onResourceUpdated: jest.fn(),
    onClosed: jest.fn(),
    subscribe: jest.fn(() => Promise.resolve()),
    unsubscribe: jest.fn(),
    close: () => Promise.resolve(),
  };
  let buses: ReturnType<typeof joinedBuses>;
  let leased: LeasedConnection;
  let calls: CallsInFlight;

  beforeEach(() => {
    buses = joinedBuses(2);
    leased = new LeasedConnection(inner as unknown as UpstreamConnection);
    calls = new CallsInFlight();
    const host = new SingletonHost();
    subscribeMethods(buses[1]!, host);
    host.serve(SERVER, Promise.resolve(leased), { calls, log: new LogRing() });
  });
  afterEach(() => {
    for (const bus of buses) bus.end();
    jest.clearAllMocks();
  });

  const attach = (server = SERVER) => new SingletonClient(buses[0]!).attach(buses[1]!.replica, server, () => undefined);
  const attached = async () => (await attach())!.connection;
  /** A request that runs until it is cancelled. */
  const requestArrives = () => {
    const arrived = deferred<RequestOptions>();
    inner.request.mockImplementationOnce((_method, _params, options) => {
      arrived.resolve(options);
      return new Promise((_resolve, reject) =>
        options.signal.addEventListener('abort', { handleEvent: () => reject(options.signal.reason as Error) }),
      );
    });
    return arrived.promise;
  };

  it('has started when the replica is attached, with the same settings', async () => {
    expect((await attached()).initializeResult).toEqual(inner.initializeResult);
    expect(await attach({ ...SERVER, settings: 'another hash' })).toBeUndefined();
    expect(await attach({ ...SERVER, key: 'another' })).toBeUndefined();
  });

  it('passes on its notifications until the connection is closed', async () => {
    const [connection, other] = [await attached(), await attached()];
    const [changed, closed] = [jest.fn(), deferred<void>()];
    connection.onToolsChanged(changed);
    other.onToolsChanged(() => closed.resolve());
    await connection.close();
    const [toolsChanged] = inner.onToolsChanged.mock.calls[0]!;
    toolsChanged();
    await closed.promise;
    expect(changed).not.toHaveBeenCalled();
  });

  it('answers requests, with its progress, its log and its requests to the client', async () => {
    inner.request.mockImplementation(async (method, params, { meta, onProgress, onLog, client }) => {
      onProgress?.({ progress: 1 });
      onLog?.({ level: 'info', data: 'a line' });
      const answers = await client!.request({ who: { method: 'roots/list' } });
      return { method, params, meta, answers };
    });
    const [onProgress, onLog] = [jest.fn(), jest.fn()];
    const client = { capabilities: {}, request: async () => ({ who: { roots: [] } }) };
    const options = { signal: new AbortController().signal, meta: { a: 1 }, onProgress, onLog, client };
    expect(await (await attached()).request('tools/call', { name: 'x' }, options)).toEqual({
      method: 'tools/call',
      params: { name: 'x' },
      meta: { a: 1 },
      answers: { who: { roots: [] } },
    });
    expect([onProgress.mock.calls, onLog.mock.calls]).toEqual([
      [[{ progress: 1 }]],
      [[{ level: 'info', data: 'a line' }]],
    ]);
    expect(calls.idleSince).toBeDefined();
  });

  it('gets the reason of a cancellation', async () => {
    const arrived = requestArrives();
    const caller = new AbortController();
    const requested = (await attached()).request('tools/call', {}, { signal: caller.signal });
    const { signal } = await arrived;
    const cancelled = new Promise((resolve) =>
      signal.addEventListener('abort', { handleEvent: () => resolve(signal.reason) }),
    );
    caller.abort(ended);
    await expect(requested).rejects.toBe(ended);
    expect(await cancelled).toMatchObject({ code: 'timeout', message: ended.message });
  });

  it('has no request of a replica that has ended', async () => {
    const arrived = requestArrives();
    const requested = (await attached()).request('tools/call', {}, { signal: new AbortController().signal });
    const { signal } = await arrived;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', { handleEvent: () => resolve() }));
    buses[0]!.end();
    await expect(requested).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await aborted;
  });

  it('ends the requests of a connection that was given up', async () => {
    const arrived = requestArrives();
    const { connection, abandon } = (await attach())!;
    const requested = connection.request('tools/call', {}, { signal: new AbortController().signal });
    const { signal } = await arrived;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', { handleEvent: () => resolve() }));
    abandon();
    await expect(requested).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await aborted;
  });

  it('says that it has ended, and that later requests were not sent', async () => {
    const connection = await attached();
    const lost = new Promise((resolve) => connection.onClosed(resolve));
    await leased.close();
    expect(await lost).toBe('The replica on which the server ran was stopped');
    const late = connection.request('tools/call', {}, { signal: new AbortController().signal });
    await expect(late).rejects.toBeInstanceOf(NotSentError);
  });
});
