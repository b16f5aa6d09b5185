import { ProviderError } from '@manifold/tool-provider';

/** Error: the policy of the tenant forbids the program of a server. Another start would fail the same way. */
export class StartRefusedError extends ProviderError {
  constructor(server: string, cause: Error) {
    super('permission_denied', `Server ${server} is not started. ${cause.message}`, { cause });
    this.name = 'StartRefusedError';
  }
}
