import { invalidRequest, type FieldFault } from '@manifold/rest';
import {
  argumentPieces,
  destinationOf,
  isPlaceholder,
  urlPieces,
  type HttpSettings,
  type Piece,
  type ServerRecord,
  type StdioSettings,
} from '@manifold/mcp-hosting';

type Transport = ServerRecord['transport'];
type Texts = Readonly<Record<string, string>>;
type Filled = Partial<Omit<StdioSettings, 'transportType'> & Omit<HttpSettings, 'transportType'>>;

/** A confidential part of the settings: its pointer in a request body, and its name for people. */
interface Part {
  readonly pointer: string;
  readonly name: string;
}

/** How stored settings take part in a change. */
export interface Stored {
  readonly transport: Transport | undefined;
  /** Fields of the new transport that the client has not given: they are kept as they are stored. */
  readonly kept: ReadonlySet<string>;
  /** Whether the gateway itself changes the program, to another version of the same package. */
  readonly isSameDestination?: boolean;
}

/**
 * Puts stored values in place of the placeholders in what a client read and sends back. Confidential values stay with the destination for
 * which they were given.
 * @throws ProblemError 400 that names the values to give anew: nothing is stored for them, or they were given for another destination
 */
export function withStoredValues<T extends Transport>(given: T, { transport, kept, isSameDestination }: Stored): T {
  const before = transport?.transportType === given.transportType ? (transport as T) : undefined;
  const values = new StoredValues();
  const filled: T = { ...given, ...values.fill(given, before) };
  if (values.missing.length > 0) throw invalidRequest(values.missing.map(missing));
  if (!before || isSameDestination || destinationOf(before) === destinationOf(filled)) return filled;
  const travelling = [...values.used, ...partsOf(before).filter(({ field }) => kept.has(field))];
  if (travelling.length > 0) throw invalidRequest(travelling.map(elsewhere));
  return filled;
}

/** Replaces placeholders, and notes which stored values it has used and which are missing. */
class StoredValues {
  readonly used: Part[] = [];
  readonly missing: Part[] = [];

  fill(given: Transport, before: Transport | undefined): Filled {
    if (given.transportType === 'stdio') {
      const stored = before?.transportType === 'stdio' ? before : undefined;
      const args = this.list(given.args, stored?.args ?? []);
      return { args, env: this.map('env', given.env, stored?.env ?? {}) };
    }
    const stored = before?.transportType === 'streamable_http' ? before : undefined;
    const url = this.pieces(urlPieces(given.url), named(urlPieces(stored?.url ?? '')), '/url', 'url');
    return { url, headers: this.map('headers', given.headers, stored?.headers ?? {}) };
  }

  private map(field: string, given: Texts, stored: Texts): Record<string, string> {
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => {
        if (!isPlaceholder(value)) return [name, value];
        const part = { pointer: `/${field}/${name}`, name: `${field}.${name}` };
        return [name, this.take(part, Object.hasOwn(stored, name) ? stored[name] : undefined)];
      }),
    );
  }

  private list(given: readonly string[], stored: readonly string[]): string[] {
    const known = named(argumentPieces(stored).flat());
    return argumentPieces(given).map((pieces, index) => this.pieces(pieces, known, `/args/${index}`, 'args'));
  }

  /** @param known the stored parts of each name that are not taken yet, in their order */
  private pieces(pieces: readonly Piece[], known: Map<string, string[]>, pointer: string, field: string): string {
    return pieces
      .map(({ text, name }) => {
        if (name === undefined) return text;
        const stored = known.get(name)?.shift();
        return isPlaceholder(text) ? this.take({ pointer, name: `${field}.${name}` }, stored) : text;
      })
      .join('');
  }

  private take(part: Part, stored: string | undefined): string {
    // A record that could not be opened has placeholders itself.
    const isKnown = stored !== undefined && !isPlaceholder(stored);
    (isKnown ? this.used : this.missing).push(part);
    return isKnown ? stored : '';
  }
}

/** Returns the texts of the confidential parts, by their name. */
function named(pieces: readonly Piece[]): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const { text, name } of pieces) {
    if (name === undefined) continue;
    const known = texts.get(name);
    if (known) known.push(text);
    else texts.set(name, [text]);
  }
  return texts;
}

function partsOf(transport: Transport): (Part & { readonly field: string })[] {
  const entries = (field: string, texts: Texts) =>
    Object.keys(texts).map((name) => ({ field, pointer: `/${field}/${name}`, name: `${field}.${name}` }));
  if (transport.transportType === 'streamable_http') return entries('headers', transport.headers);
  const args = argumentPieces(transport.args).flatMap((pieces, index) =>
    pieces.flatMap(({ name }) =>
      name === undefined ? [] : [{ field: 'args', pointer: `/args/${index}`, name: `args.${name}` }],
    ),
  );
  return [...args, ...entries('env', transport.env)];
}

const missing = ({ pointer, name }: Part): FieldFault => ({
  pointer,
  code: 'no_stored_value',
  detail: `${name} has no stored value to keep`,
});

const elsewhere = ({ pointer, name }: Part): FieldFault => ({
  pointer,
  code: 'other_destination',
  detail: `${name} was given for another destination: give its value anew, or leave it out`,
});
