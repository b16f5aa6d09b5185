import { Global, Module } from '@nestjs/common';
import { TenantsModule } from '@manifold/tenants';
import { CallGate } from './call-gate.js';
import { Concurrency } from './concurrency.service.js';
import { Overload } from './overload.js';
import { Rates } from './rates.service.js';
import { RequestLimits } from './request-limits.js';

/** Limits of calls and requests. Needs the global modules that provide Config and Bus. */
@Global()
@Module({
  imports: [TenantsModule],
  providers: [CallGate, Concurrency, Overload, Rates, RequestLimits],
  exports: [CallGate, Overload, RequestLimits],
})
export class LimitsModule {}
