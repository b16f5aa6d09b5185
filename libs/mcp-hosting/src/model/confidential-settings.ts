import type { Confidential, Fields } from '@manifold/store';
import { argumentPieces, HIDDEN, hiddenText, urlPieces } from './confidential-texts.js';
import type { ServerRecord } from './server-record.js';
import type { HttpSettings, StdioSettings } from './transport-settings.js';

type Transport = ServerRecord['transport'];
type Texts = Readonly<Record<string, string>>;
/** The settings that may contain something confidential. */
type Hideable = Partial<Pick<StdioSettings, 'args' | 'env'> & Pick<HttpSettings, 'url' | 'headers'>>;

/** Returns the placeholder of a confidential part, such as `headers.Authorization`. */
export type Placeholder = (path: string) => string;

const hidden: Placeholder = () => HIDDEN;

/**
 * Returns the transport settings with placeholders for all that is confidential: values of the environment and of headers, user info and
 * query of URLs, and arguments that look like keys.
 */
export function hiddenTransport<T extends Transport>(transport: T, placeholder = hidden): T {
  return { ...transport, ...hiddenSettings(transport, placeholder) };
}

const hiddenArguments = (args: readonly string[], placeholder: Placeholder): string[] =>
  argumentPieces(args).map((pieces) => hiddenText(pieces, (name) => placeholder(`args.${name}`)));

function hiddenSettings(transport: Transport, placeholder: Placeholder): Hideable {
  const mapped = (field: string, texts: Texts): Record<string, string> =>
    Object.fromEntries(Object.keys(texts).map((name) => [name, placeholder(`${field}.${name}`)]));
  if (transport.transportType === 'stdio') {
    return { args: hiddenArguments(transport.args, placeholder), env: mapped('env', transport.env) };
  }
  const url = hiddenText(urlPieces(transport.url), (name) => placeholder(`url.${name}`));
  return { url, headers: mapped('headers', transport.headers) };
}

/** The confidential settings of a record, which the store seals. The open part has placeholders in their place. */
export const CONFIDENTIAL_SETTINGS: Confidential<ServerRecord> = {
  split(record) {
    const { transport } = record;
    const open = hiddenTransport(transport);
    const changed = Object.entries(transport).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify((open as Fields)[field]),
    );
    if (changed.length === 0) return { open: record };
    return { open: { ...record, transport: open }, confidential: Object.fromEntries(changed) as Fields };
  },
  join(open, confidential) {
    const record = open as ServerRecord;
    return { ...record, transport: { ...record.transport, ...(confidential as Fields) } as Transport };
  },
};
