import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SecretsService } from '@manifold/secrets';
import { exerciseToolProvider, type FixtureCall } from '@manifold/tool-provider/testing';
import { registration, TestGateway, until } from '../testing/src/gateway.js';

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');
const secretOf = (subject: string): string => `canary-of-${subject}`;
const tool = (name: string, args: Record<string, unknown> = {}): FixtureCall => ({ app: 'tools', name, args });

exerciseToolProvider('the provider of registered servers', {
  reportsProgress: true,
  start: async (users) => {
    const gateway = await TestGateway.start();
    await gateway.rest('POST', '/mcp/servers', registration('tools', `--ledger=${join(gateway.dataDir, 'tools')}`));
    const secrets = gateway.app.get(SecretsService);
    for (const principal of users) {
      await secrets.set({ principal, app: 'tools' }, 'TOKEN', secretOf(principal.subject));
    }
    const next = (event: string): Promise<void> => {
      const count = () => gateway.ledger('tools').filter((line) => line === event).length;
      const before = count();
      return until(() => count() > before);
    };
    return {
      provider: gateway.provider,
      identity: tool('received'),
      markOf: ({ subject }) => sha256(secretOf(subject)),
      slow: tool('slow'),
      slowArrived: () => next('call slow'),
      abortSeen: () => next('cancelled'),
      failures: [
        { title: 'an error of the tool', call: tool('reject'), code: 'upstream_rejected' },
        { title: 'the end of the process', call: tool('exit'), code: 'upstream_unavailable' },
        {
          title: 'an argument that reaches for the prototype',
          call: tool('echo', JSON.parse('{"__proto__": 1}') as Record<string, unknown>),
          code: 'invalid_arguments',
        },
      ],
      canaries: users.map(({ subject }) => secretOf(subject)),
      stop: () => gateway.destroy(),
    };
  },
  startUnreachable: async () => {
    const gateway = await TestGateway.start();
    await gateway.rest('POST', '/mcp/servers', { name: 'tools', command: './no-such-program' });
    return { provider: gateway.provider, stop: () => gateway.destroy() };
  },
});
