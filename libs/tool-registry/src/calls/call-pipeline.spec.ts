import { SingleBus } from '@manifold/bus';
import { Metrics } from '@manifold/metrics';
import { openCall, ProviderError, type ToolProvider } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { newRegistry } from '../../testing/src/start-registry.js';
import type { EndedCall } from './ended-call.js';
import { EVERYTHING, ownViewOf } from '../catalogue/view.js';

const definition = { name: 'echo', inputSchema: { type: 'object' } };

function providerThat(answers: () => Promise<object>): ToolProvider {
  const tool = { ref: {}, app: 'one', name: 'echo', publicName: 'one_echo', definition };
  return { id: 'one', listTools: async () => [tool], callTool: answers } as unknown as ToolProvider;
}

describe('the steps of a call', () => {
  const open = openCall({ principal: fixturePrincipal('alice'), requestId: 'pipeline', timeoutMs: 60_000 });
  afterAll(() => open.close());

  function start(answers: () => Promise<object>) {
    const metrics = new Metrics();
    const registry = newRegistry(new SingleBus(), metrics, [providerThat(answers)]);
    const ended: EndedCall[] = [];
    registry.onCallEnded((call) => ended.push(call));
    return { registry, metrics, ended };
  }

  it('report a call that the guard refused, without asking the provider or counting a call of a tool', async () => {
    const answers = jest.fn(async () => ({ content: [] }));
    const { registry, metrics, ended } = start(answers);
    const refusal = new Error('the headers do not fit');
    const guard = {
      checkCall: jest.fn().mockImplementation(() => {
        throw refusal;
      }),
    };

    await expect(registry.call('one_echo', { a: 1 }, open.context, EVERYTHING, guard)).rejects.toBe(refusal);

    expect(guard.checkCall).toHaveBeenCalledWith(definition, { a: 1 });
    expect(answers).not.toHaveBeenCalled();
    expect(ended).toMatchObject([{ app: 'one', tool: 'echo', outcome: 'not_allowed', milliseconds: 0 }]);
    expect(await metrics.text()).not.toContain('manifold_tool_calls_total{');
  });

  it('map URIs in arguments and errors, where the caller sees public ones, and nowhere else', async () => {
    const [own, shown] = ['file:///x', 'file:///x#:~:mcp-server=one+one'];
    const rpcError = { code: -32000, message: `cannot read ${own}`, data: { uri: own } };
    const answers = jest.fn().mockRejectedValue(new ProviderError('upstream_rejected', 'refused', { rpcError }));
    const { registry } = start(answers);
    const args = { uri: shown };
    const failed = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

    expect(await failed(registry.call('one_echo', args, open.context, EVERYTHING))).toMatchObject({
      rpcError: { code: -32000, message: `cannot read ${shown}`, data: { uri: shown } },
    });
    expect(answers).toHaveBeenLastCalledWith({}, { uri: own }, expect.anything());
    for (const call of [
      () => registry.call('echo', args, open.context, ownViewOf('one')),
      () => registry.callInApp('one', 'echo', args, open.context),
    ]) {
      expect(await failed(call())).toMatchObject({ rpcError });
      expect(answers).toHaveBeenLastCalledWith({}, args, open.context);
    }
  });

  it('replace an error by which the provider breaks its contract, before it is reported', async () => {
    const { registry, metrics, ended } = start(() => Promise.reject(new TypeError('at line 7')));

    const failure: unknown = await registry.call('one_echo', {}, open.context, EVERYTHING).catch((error) => error);

    expect(failure).toBeInstanceOf(ProviderError);
    expect(failure).toMatchObject({ code: 'upstream_unavailable', message: expect.not.stringContaining('line 7') });
    expect(ended).toMatchObject([{ outcome: 'upstream_unavailable' }]);
    expect(await metrics.text()).toContain('outcome="upstream_unavailable"} 1');
  });

  it('report why a call failed: the words of an error, and those of a result that is an error', async () => {
    const rpcError = { code: -32000, message: 'no such board' };
    const results = [
      () => Promise.reject(new ProviderError('upstream_rejected', 'refused', { rpcError })),
      async () => ({
        isError: true,
        content: [
          { type: 'image', data: '' },
          { type: 'text', text: 'closed' },
        ],
      }),
      async () => ({ content: [{ type: 'text', text: 'fine' }] }),
    ];
    const { registry, ended } = start(() => results[ended.length]!());
    for (let call = 0; call < results.length; call += 1)
      await registry.call('one_echo', {}, open.context, EVERYTHING).catch(() => undefined);
    await registry.call('one_other', {}, open.context, EVERYTHING).catch(() => undefined);

    expect(ended.map(({ failure }) => failure)).toEqual([
      { message: 'refused', words: 'no such board' },
      { words: 'closed' },
      undefined,
      { message: expect.stringContaining('one_other') },
    ]);
  });

  it('give the permit back, however the call ends', async () => {
    let calls = 0;
    const { registry } = start(async () => {
      calls += 1;
      if (calls % 2 === 0) throw new ProviderError('invalid_arguments', 'no');
      return { content: [] };
    });
    for (let count = 0; count < 40; count += 1)
      await registry.call('one_echo', {}, open.context, EVERYTHING).catch(() => undefined);

    expect(calls).toBe(40);
  });
});
