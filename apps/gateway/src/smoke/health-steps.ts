import type { SmokeStep } from './smoke-step.js';
import type { SmokeTarget } from './target.js';

/** Returns the steps that request the probes without credentials, like an orchestrator. */
export function healthSteps(target: SmokeTarget): readonly [alive: SmokeStep, ready: SmokeStep] {
  const probe = (path: string) => async (signal: AbortSignal) => {
    const response = await target.fetch(path, { signal }, null);
    const body = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path} was answered ${response.status}: ${body.slice(0, 300)}`);
    return undefined;
  };
  const alive: SmokeStep = { suite: 'health', name: 'the gateway is alive (/livez)', run: probe('/livez') };
  return [alive, { suite: 'health', name: 'the gateway is ready (/readyz)', needs: alive, run: probe('/readyz') }];
}
