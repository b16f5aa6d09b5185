import { Global, Module } from '@nestjs/common';
import { AddressResolver } from './address-resolver.js';
import { EgressLimits } from './egress-limits.js';
import { Egress } from './egress.js';

/** Provides the guarded HTTP client to every module. */
@Global()
@Module({ providers: [Egress, EgressLimits, AddressResolver], exports: [Egress] })
export class EgressModule {}
