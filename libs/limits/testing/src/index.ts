import { SingleBus } from '@manifold/bus';
import { loadConfig } from '@manifold/config';
import { CallGate } from '../../src/call-gate.js';
import { Tenants } from '@manifold/tenants';
import { Concurrency } from '../../src/concurrency.service.js';
import { Rates } from '../../src/rates.service.js';

/** The gate of one process. @param settings variables of limits; development has none by itself */
export function testGate(settings: Readonly<Record<string, string>> = {}, tenants = new Tenants()): CallGate {
  const config = loadConfig(settings);
  return new CallGate(config, new Rates(config), new Concurrency(config, new SingleBus()), tenants);
}
