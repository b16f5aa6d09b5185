import { Global, Module } from '@nestjs/common';
import { Config } from '@manifold/config';
import { AddressResolver } from './address-resolver.js';
import { EgressLimits } from './egress-limits.js';
import { EgressProxy } from './proxy/egress-proxy.js';
import { ProxyLimits } from './proxy/proxy-limits.js';
import { Egress } from './egress.js';

const limitsOf = ({ bodies }: Config): EgressLimits => ({ ...new EgressLimits(), bytes: bodies.answerBytes });

/** Provides the guarded HTTP client, and the proxy for programs, to every module. */
@Global()
@Module({
  providers: [
    Egress,
    { provide: EgressLimits, useFactory: limitsOf, inject: [Config] },
    AddressResolver,
    EgressProxy,
    ProxyLimits,
  ],
  exports: [Egress, EgressProxy],
})
export class EgressModule {}
