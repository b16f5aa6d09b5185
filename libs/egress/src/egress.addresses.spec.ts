import type { LookupAddress } from 'node:dns';
import { loadConfig } from '@manifold/config';
import { testEgress } from '../testing/src/test-egress.js';
import { TestOrigin } from '../testing/src/test-origin.js';
import { AddressResolver } from './address-resolver.js';
import { Egress } from './egress.js';
import { EgressLimits } from './egress-limits.js';

/** Answers with one list after the other, the last one for ever. */
class ScriptedResolver extends AddressResolver {
  asked = 0;

  constructor(private readonly answers: readonly string[][]) {
    super();
  }

  override resolve(): Promise<LookupAddress[]> {
    const addresses = this.answers[Math.min(this.asked, this.answers.length - 1)];
    this.asked += 1;
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  }
}

describe('the address of an outgoing request', () => {
  let canary: TestOrigin;
  const open: Egress[] = [];
  const egress = (...args: Parameters<typeof testEgress>) => {
    const created = testEgress(...args);
    open.push(created);
    return created;
  };

  beforeEach(async () => {
    canary = await TestOrigin.start((_request, response) => response.end('reached'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.onApplicationShutdown()));
    await canary.stop();
  });

  it.each([
    ...['127.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '017700000001', '127.1', '127.0.1', '0.0.0.0', '0'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]', '[::127.0.0.1]'],
    ...['[64:ff9b::127.0.0.1]', '[2002:7f00:1::]', '[fe80::1]', 'localhost', '１２７.0.0.1', '127。0。0。1'],
  ])('never dials loopback as %s', async (host) => {
    await expect(egress().fetch(`http://${host}:${canary.port}/secret?key=1`)).rejects.toMatchObject({
      name: 'EgressError',
      code: 'address_forbidden',
      message: expect.not.stringContaining('secret'),
    });
    expect(canary.connections).toBe(0);
  });

  it.each([
    '10.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    'fd00:ec2::254',
    'fe80::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ])('refuses a name that resolves to %s', async (address) => {
    const resolver = new ScriptedResolver([[address]]);
    const request = egress({ resolver }).fetch(`http://innocent.example:${canary.port}/`);
    await expect(request).rejects.toMatchObject({ code: 'address_forbidden' });
    expect(canary.connections).toBe(0);
  });

  it('refuses a name when one of its addresses is forbidden, wherever that stands', async () => {
    for (const answer of [['127.0.0.2', '127.0.0.1'], ['127.0.0.1', '127.0.0.2'], []]) {
      const client = egress({ allow: '127.0.0.2', resolver: new ScriptedResolver([answer]) });
      await expect(client.fetch(`http://mixed.example:${canary.port}/`)).rejects.toMatchObject({
        code: 'address_forbidden',
      });
    }
    expect(canary.connections).toBe(0);
  });

  it('dials the address that it has checked, so that a name that flips gains nothing', async () => {
    const permitted = await TestOrigin.start(
      (_request, response) => response.setHeader('connection', 'close').end('permitted'),
      '127.0.0.2',
      canary.port,
    );
    const resolver = new ScriptedResolver([['127.0.0.2'], ['127.0.0.1']]);
    const client = egress({ allow: '127.0.0.2', resolver });
    const url = `http://flipping.example:${canary.port}/`;

    expect(await (await client.fetch(url)).text()).toBe('permitted');
    expect(resolver.asked).toBe(1);
    await expect(client.fetch(url)).rejects.toMatchObject({ code: 'address_forbidden' });
    expect(canary.connections).toBe(0);
    await permitted.stop();
  });

  it.each(['localhost', '127.0.0.1', '127.0.0.0/8', '[::1], 127.0.0.1'])(
    'reaches what EGRESS_ALLOW names as %s',
    async (allow) => {
      const host = allow === 'localhost' ? 'localhost' : '127.0.0.1';
      const client = egress({ allow, resolver: new ScriptedResolver([['127.0.0.1']]) });
      expect(await (await client.fetch(`http://${host}:${canary.port}/`)).text()).toBe('reached');
    },
  );

  it('reaches loopback in development without being told', async () => {
    const response = await egress({ environment: 'development' }).fetch(`${canary.url}/path`);
    expect([await response.text(), response.url]).toEqual(['reached', `${canary.url}/path`]);
  });

  it('takes the configured URLs of the operator as they stand, without opening the way for others', async () => {
    const client = egress();
    expect(await (await client.fetch(canary.url, { policy: 'configured' })).text()).toBe('reached');
    await expect(client.fetch(canary.url)).rejects.toMatchObject({ code: 'address_forbidden' });
    expect(canary.connections).toBe(1);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://host/',
    'data:text/plain,x',
    'gopher://127.0.0.1',
    '//host/',
    'no url',
    'http://u:p@host/',
  ])('refuses the URL %s', async (url) => {
    await expect(egress().fetch(url)).rejects.toMatchObject({ code: 'unsupported_url' });
    await expect(egress().fetch(url, { policy: 'configured' })).rejects.toMatchObject({ code: 'unsupported_url' });
  });

  it('refuses to start with an EGRESS_ALLOW that it cannot read', () => {
    const config = loadConfig({ EGRESS_ALLOW: 'good.example,10.0.0.0/99' });
    expect(() => new Egress(config, new AddressResolver(), new EgressLimits())).toThrow('10.0.0.0/99');
  });
});
