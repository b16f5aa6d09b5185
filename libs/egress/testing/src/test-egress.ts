import { loadConfig } from '@manifold/config';
import { AddressResolver } from '../../src/address-resolver.js';
import { Egress } from '../../src/egress.js';
import { EgressLimits } from '../../src/egress-limits.js';

export interface TestEgressOptions {
  /** Production, unless told: then loopback is out of reach. */
  readonly environment?: 'development' | 'production';
  readonly allow?: string;
  readonly resolver?: AddressResolver;
  readonly limits?: Partial<EgressLimits>;
}

/** A client as the gateway would have it with these settings. */
export function testEgress({ environment = 'production', allow, resolver, limits }: TestEgressOptions = {}): Egress {
  const config = loadConfig({ NODE_ENV: environment, EGRESS_ALLOW: allow, SECRETS_KEY: 'k3Yf0rT3sts'.repeat(4) });
  return new Egress(config, resolver ?? new AddressResolver(), { ...new EgressLimits(), ...limits });
}
