import { Global, Module } from '@nestjs/common';
import { AddressResolver } from './address-resolver.js';
import { EgressLimits } from './egress-limits.js';
import { EgressProxy } from './proxy/egress-proxy.js';
import { ProxyLimits } from './proxy/proxy-limits.js';
import { Egress } from './egress.js';

/** Provides the guarded HTTP client, and the proxy for programs, to every module. */
@Global()
@Module({
  providers: [Egress, EgressLimits, AddressResolver, EgressProxy, ProxyLimits],
  exports: [Egress, EgressProxy],
})
export class EgressModule {}
