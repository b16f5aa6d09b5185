import { ProviderError } from '@manifold/tool-provider';

/**
 * A URI in a text: it has a scheme and `//`, and ends before a blank, a quote or an angle bracket. The look-behind finds the start of a
 * scheme in one step, so that the work grows no faster than the text.
 */
const URI_IN_TEXT = /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,63}:\/\/[^\s"'`<>]*/gi;

/** Signs at the end of a URI that belong to the sentence around it. */
const END_OF_SENTENCE = /[.,;:!?)\]]{1,8}$/;

/** Maps the URIs in a text for people, such as the message of an error. */
export const mapUrisInText = (text: string, mapping: (uri: string) => string): string =>
  text.includes('://')
    ? text.replace(URI_IN_TEXT, (found) => {
        const uri = found.replace(END_OF_SENTENCE, '');
        return mapping(uri) + found.slice(uri.length);
      })
    : text;

type RpcError = NonNullable<ProviderError['rpcError']>;

/**
 * Returns the error with another message and other data of its JSON-RPC error.
 * @param mapping returns both; undefined if they stay
 */
export function withRpcError(error: unknown, mapping: (rpcError: RpcError) => [string, unknown] | undefined): unknown {
  if (!(error instanceof ProviderError) || !error.rpcError) return error;
  const { code, rpcError, retryAfter, modelText, setupUrl, cause } = error;
  const [message, data] = mapping(rpcError) ?? [rpcError.message, rpcError.data];
  if (message === rpcError.message && data === rpcError.data) return error;
  return new ProviderError(code, error.message, {
    ...{ retryAfter, modelText, setupUrl, cause },
    rpcError: { ...rpcError, message, ...(data !== undefined && { data }) },
  });
}
