import type { Principal } from '@manifold/auth';
import { openCall, type OpenCall, type ToolDescriptor, type ToolProvider } from '@manifold/tool-provider';
import type { Listing } from '../catalogue/catalogue.js';
import { sameValue } from './same-value.js';

const LIST_TIMEOUT_MS = 30_000;

/** Answer of a provider: its tools, or an error. */
export type Answer = { readonly listing: Listing; readonly changed: boolean } | { readonly error: unknown };

/** Fetches the tools of one provider. If it returns the same array to several principals, they share one Listing. */
export class ListingSource {
  /** Empty listing, shown if the provider has returned no tools. */
  readonly none: Listing;
  private readonly known = new WeakMap<readonly ToolDescriptor[], Listing>();
  private readonly calls = new Set<OpenCall>();

  constructor(private readonly provider: ToolProvider) {
    this.none = { provider, tools: [] };
  }

  /**
   * Lists the tools of the principal. Never rejects.
   * @param last previous listing. It is returned again if the tools are equal
   */
  async ask(principal: Principal, requestId: string, last: Listing): Promise<Answer> {
    const call = openCall({ principal, requestId, timeoutMs: LIST_TIMEOUT_MS });
    this.calls.add(call);
    try {
      return this.read(await this.provider.listTools(call.context), last);
    } catch (error) {
      return { error };
    } finally {
      call.close();
      this.calls.delete(call);
    }
  }

  cancelAll(): void {
    for (const call of this.calls) call.cancel();
  }

  private read(tools: readonly ToolDescriptor[], last: Listing): Answer {
    const known = this.known.get(tools);
    const changed = known !== last && !sameValue(tools, last.tools);
    const listing = known ?? (changed ? { provider: this.provider, tools } : last);
    this.known.set(tools, listing);
    return { listing, changed };
  }
}
