import { loadConfig } from '@manifold/config';
import { AddressResolver } from '../../src/address-resolver.js';
import { EgressLimits } from '../../src/egress-limits.js';
import { EgressProxy } from '../../src/proxy/egress-proxy.js';
import { ProxyLimits } from '../../src/proxy/proxy-limits.js';
import type { TestEgressOptions } from './test-egress.js';

interface TestProxyOptions extends Omit<TestEgressOptions, 'limits'> {
  readonly limits?: Partial<ProxyLimits>;
}

/** A proxy as the gateway would have it with these settings. */
export function testProxy({ environment = 'production', allow, resolver, limits }: TestProxyOptions = {}): EgressProxy {
  const config = loadConfig({ NODE_ENV: environment, EGRESS_ALLOW: allow, SECRETS_KEY: 'k3Yf0rT3sts'.repeat(4) });
  const all = { ...new ProxyLimits(), ...limits };
  return new EgressProxy(config, resolver ?? new AddressResolver(), new EgressLimits(), all);
}
