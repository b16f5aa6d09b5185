import { type Cancellation, isObject } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';
import { mendItem } from './mend-item.js';
import { describe, issueOf, type OfficialSchemas } from './official-schemas.js';
import type { LogRing } from '../protocol/log-ring.js';
import type { RawObject, RequestOptions } from '../protocol/upstream-connection.js';

const MAX_PAGES = 1000;
const MAX_ITEMS = 10_000;
/** Maximum total size of all items, in characters of JSON. */
const MAX_LIST_LENGTH = 32 * 1024 * 1024;
/** Items that are larger are large, in characters of JSON. */
const LARGE = 64 * 1024;
/** Maximum total size of the large items of a list. They are kept in memory, and every client that lists them gets them. */
const MAX_LARGE_LENGTH = 4 * 1024 * 1024;
const MAX_DEPTH = 32;
const METHOD_NOT_FOUND = -32601;
/** Number of faulty items that a line of the log names. */
const EXAMPLES = 20;

/** Sends requests to a server. */
export interface Requester {
  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject>;
}

/** An item as it came, which belongs to this list alone. */
export type ListedItem = Record<string, unknown>;

/** The differences between the lists of a server. */
export interface ListKind {
  readonly method: string;
  /** The member of the result that is the list. */
  readonly field: string;
  /** The name of the items in the log, in singular and in plural. */
  readonly one: string;
  readonly many: string;
  /** The member that identifies an item; unique in the list. */
  readonly key: string;
  readonly isKey: (value: string) => boolean;
  /** The schemas by which clients parse the items. */
  readonly schemas: OfficialSchemas;
  /** Gives an item what it lacks and can be given without harm. @returns why it is left out, if it is */
  readonly complete?: (item: ListedItem) => string | undefined;
}

/** Lists every page of a list within limits (threat 26): a hostile server causes some log lines but does not bring down the gateway. */
export async function everyPage(
  server: Requester,
  kind: ListKind,
  log: LogRing,
  signal: Cancellation,
): Promise<readonly RawObject[]> {
  const list = new PagedList(kind, log);
  let params: RawObject | undefined = {};
  while (params) {
    const page = await server.request(kind.method, params, { signal }).catch((error: unknown) => nothing(error, kind));
    params = list.addPage(page);
  }
  list.report();
  return list.items;
}

/** Returns an empty page if the server does not know the method: a server with nothing to list need not implement it. */
function nothing(error: unknown, { field }: ListKind): RawObject {
  if (error instanceof ProviderError && error.rpcError?.code === METHOD_NOT_FOUND) return { [field]: [] };
  throw error;
}

/** Counts items with faults and keeps a few of them as examples. */
class Findings {
  private readonly examples: string[] = [];
  private count = 0;

  add(name: unknown, fault: string): void {
    this.count += 1;
    if (this.examples.length === EXAMPLES) return;
    this.examples.push(
      typeof name === 'string' ? `"${name.slice(0, 100)}" (${fault})` : `one without a name (${fault})`,
    );
  }

  sentence(what: string): string | undefined {
    if (this.count === 0) return undefined;
    const more = this.count - this.examples.length;
    return `${this.count} ${what}: ${this.examples.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
  }
}

class PagedList {
  readonly items: RawObject[] = [];
  private readonly keys = new Set<string>();
  private readonly cursors = new Set<string>();
  private readonly leftOut = new Findings();
  private readonly mended = new Findings();
  private length = 0;
  private largeLength = 0;

  constructor(
    private readonly kind: ListKind,
    private readonly log: LogRing,
  ) {}

  /**
   * Adds the items of a page.
   * @returns the parameters that request the next page, if there is one
   */
  addPage(page: RawObject): RawObject | undefined {
    const { field, many } = this.kind;
    const { [field]: items, nextCursor } = page;
    if (!Array.isArray(items))
      throw new ProviderError('upstream_rejected', `The server sent an invalid list of ${many}`);
    if (!items.every((item) => this.add(item))) return this.cut(`after ${this.items.length} ${many}: it is too long`);
    if (typeof nextCursor !== 'string' || nextCursor === '') return undefined;
    if (this.cursors.has(nextCursor)) return this.cut('where its pages repeat');
    if (this.cursors.size === MAX_PAGES - 1) return this.cut(`after ${MAX_PAGES} pages`);
    this.cursors.add(nextCursor);
    return { cursor: nextCursor };
  }

  /**
   * Adds an item, mended if it has to be. An item that clients cannot be shown is left out.
   * @returns false if the list is full
   */
  private add(item: unknown): boolean {
    if (this.items.length === MAX_ITEMS) return false;
    const { key } = this.kind;
    const fault = this.faultOf(item);
    if (fault !== undefined) {
      this.leftOut.add(isObject(item) ? item[key] : undefined, fault);
      return true;
    }
    const known = item as ListedItem;
    const { length } = JSON.stringify(known);
    if (length > LARGE && this.largeLength + length > MAX_LARGE_LENGTH) {
      this.leftOut.add(
        known[key],
        `it is larger than 64 KB, and all ${this.kind.many} of this size have more than 4 MB`,
      );
      return true;
    }
    if (length > LARGE) this.largeLength += length;
    this.length += length;
    if (this.length > MAX_LIST_LENGTH) return false;
    this.items.push(known);
    this.keys.add(known[key] as string);
    return true;
  }

  /** Says in the log and in the status of the server what was left out and what was mended. */
  report(): void {
    const { many } = this.kind;
    const sentences = [
      this.leftOut.sentence(`${many} of the server were left out, because clients would refuse the whole list`),
      this.mended.sentence(`${many} of the server were mended`),
    ].filter((sentence) => sentence !== undefined);
    for (const sentence of sentences) this.log.add(sentence, 'error');
    this.log.setNotice(many, sentences.join(' ') || undefined);
  }

  /**
   * Returns why the item is rejected, if it is. Depth is checked before size, because a deeply nested value overflows the
   * stack in JSON.stringify.
   */
  private faultOf(item: unknown): string | undefined {
    const { key, isKey } = this.kind;
    const value = isObject(item) ? item[key] : undefined;
    if (!isObject(item) || typeof value !== 'string' || !isKey(value)) return `it has no valid ${key}`;
    if (this.keys.has(value)) return `its ${key} occurs twice`;
    if (isDeeper(item, MAX_DEPTH)) return `it is nested more than ${MAX_DEPTH} levels deep`;
    return this.mend(item as ListedItem, value);
  }

  private mend(item: ListedItem, name: string): string | undefined {
    const { complete, schemas } = this.kind;
    const before = issueOf(item, schemas);
    const fault = complete?.(item);
    if (fault !== undefined) return fault;
    const refusal = before && mendItem(item, schemas);
    if (before && refusal === undefined) this.mended.add(name, describe(before));
    return refusal;
  }

  private cut(where: string): undefined {
    this.log.add(`The list of ${this.kind.many} was cut ${where}`, 'error');
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
