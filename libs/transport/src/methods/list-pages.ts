import { Injectable } from '@nestjs/common';
import type { CallContext, RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import { invalidParams } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import { JsonText } from './method-handler.js';
import { SealedText } from '../json-rpc/sealed-text.js';
import { SplicedText } from '../json-rpc/spliced-text.js';

const PAGE_SIZE = 500;

/**
 * Cuts lists into pages. A cursor contains the start of the next page. It is sealed, so it is valid only for its list, user and view,
 * and clients cannot depend on its content.
 */
@Injectable()
export class ListPages {
  /** Encoded pages, by list and start. Each page is encoded once for all clients that get it. */
  private readonly written = new WeakMap<readonly RawObject[], Map<number, Buffer>>();

  constructor(private readonly sealed: SealedText) {}

  /**
   * @param member name of the list in the result
   * @throws JsonRpcError -32602 if the cursor was not issued for this list
   */
  page(member: string, items: readonly RawObject[], { cursor }: Params, context: CallContext, view: View): JsonText {
    const purpose = ['list cursor', member, context.principal.key, view.key];
    const start = cursor === undefined ? 0 : this.startOf(cursor, purpose);
    const end = start + PAGE_SIZE;
    const more = end < items.length ? `,"nextCursor":${JSON.stringify(this.sealed.seal(String(end), purpose))}` : '';
    return new JsonText(new SplicedText(`{"${member}":`, this.textOf(items, start), `${more}}`));
  }

  private startOf(cursor: unknown, purpose: readonly string[]): number {
    const start = typeof cursor === 'string' ? this.sealed.open(cursor, purpose) : undefined;
    if (start === undefined) throw invalidParams('The cursor does not belong to this list');
    return Number(start);
  }

  private textOf(items: readonly RawObject[], start: number): Buffer {
    const pages = this.written.get(items) ?? new Map<number, Buffer>();
    this.written.set(items, pages);
    const known = pages.get(start);
    if (known) return known;
    const text = Buffer.from(JSON.stringify(items.slice(start, start + PAGE_SIZE)));
    pages.set(start, text);
    return text;
  }
}
