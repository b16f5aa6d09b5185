import { Injectable } from '@nestjs/common';
import { CallPermits } from './call-permits.js';
import { CallReports } from './call-reports.js';
import { ProviderFaults } from './provider-faults.js';
import type { CallHandler, CallInterceptor } from './tool-call.js';

/** The steps of each call, outermost first. To add a rule for calls, add a file beside this one and a line to `steps`. */
@Injectable()
export class CallPipeline {
  /** @throws ProviderError, or the error that the guard of the call throws */
  readonly run: CallHandler;

  constructor(reports: CallReports, permits: CallPermits, faults: ProviderFaults) {
    const steps: readonly CallInterceptor[] = [
      reports, // reports the outcome to the audit log, the metrics and the log
      checkCall, // compares the parameter headers of the modern era with the arguments
      permits, // enforces rate limits, the limit of concurrent calls and the server's circuit breaker
      faults, // converts unexpected errors of a provider into a ProviderError
    ];
    this.run = steps.reduceRight<CallHandler>((next, step) => (call) => step.intercept(call, next), callProvider);
  }
}

/** Runs the guard of the call, if the transport has set one. */
const checkCall: CallInterceptor = {
  async intercept(call, next) {
    call.guard?.checkCall(call.entry.definition, call.args);
    return next(call);
  },
};

/** Calls the provider. A caller that sees public URIs uses them in the call, too; the provider gets the app's own ones. */
const callProvider: CallHandler = async (call) => {
  call.reachedProvider = true;
  const { entry, args, context, hasPublicUris } = call;
  const { provider, descriptor, uris } = entry;
  if (!uris || !hasPublicUris) return provider.callTool(descriptor.ref, args, context);
  try {
    const own = uris.contextOf(context);
    return uris.callResult(await provider.callTool(descriptor.ref, uris.ownArguments(args), own));
  } catch (error) {
    throw uris.error(error);
  }
};
