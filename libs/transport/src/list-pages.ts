import { Injectable } from '@nestjs/common';
import type { CallContext, RawObject } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import { invalidParams } from './json-rpc-error.js';
import type { Params } from './json-rpc.js';
import { JsonText } from './method-handler.js';
import { SealedText } from './sealed-text.js';
import { SplicedText } from './spliced-text.js';

const PAGE_SIZE = 500;

/**
 * Cuts lists into pages. A cursor says where the next page begins: sealed, so that it works for the list, the user and the view that it
 * was given out for, and no client builds on what is in it.
 */
@Injectable()
export class ListPages {
  /** Each page is written once for all who get it. */
  private readonly written = new WeakMap<readonly RawObject[], Map<number, Buffer>>();

  constructor(private readonly sealed: SealedText) {}

  /**
   * @param member the list's name in the result
   * @throws JsonRpcError -32602 for a cursor that was not given out for this list
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
    if (start === undefined) throw invalidParams('The cursor is not one of this list');
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
