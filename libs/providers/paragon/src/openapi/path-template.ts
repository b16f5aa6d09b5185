import { ProviderError } from '@manifold/tool-provider';
import { OpenApiFault } from './openapi-fault.js';

const DOTS = /^\.\.?(;|$)/;
const CONTROL = /[\x00-\x1f\x7f]/;
/** More rounds than servers and proxies in a row decode. */
const DECODINGS = 8;

/** A path of a document: literal text, and placeholders that arguments replace. */
export class PathTemplate {
  /** Literal texts at even positions, placeholders' names at odd ones. */
  private readonly parts: readonly string[];

  /** @throws OpenApiFault */
  constructor(path: string, owner: object) {
    if (!path.startsWith('/') || path.includes('#')) {
      throw new OpenApiFault(`the path "${path}" does not begin with "/" or has a fragment`, owner);
    }
    if (path.split(/[/?]/).some((segment) => DOTS.test(segment))) {
      throw new OpenApiFault(`the path "${path}" has "." or ".." segments`, owner);
    }
    this.parts = path
      .split(/\{([^{}]*)\}/)
      .map((part, index) => (index % 2 === 0 ? encodedLiteral(part, owner) : part));
  }

  get placeholders(): Set<string> {
    return new Set(this.parts.filter((_, index) => index % 2 === 1));
  }

  /**
   * @param textOf the encoded text for a placeholder
   * @throws ProviderError `invalid_arguments` where a text would lead to another operation's path
   */
  fill(textOf: (placeholder: string) => string): string {
    return this.parts
      .map((part, index) => {
        if (index % 2 === 0) return part;
        const text = textOf(part);
        if (isContained(text)) return text;
        throw new ProviderError(
          'invalid_arguments',
          `${part} must not be empty, have control characters, or hold "." or ".." as a part of a path`,
        );
      })
      .join('');
  }
}

/**
 * Whether a text stays inside its segment. Servers and proxies decode more than once, take a backslash for a slash and resolve dots
 * afterwards: `..%2fadmin` would reach another operation with the user's credentials (CVE-2026-32871 was this).
 */
function isContained(text: string): boolean {
  let decoded = text;
  for (let round = 0; round < DECODINGS; round += 1) {
    decoded = decoded.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (CONTROL.test(decoded)) return false;
    if (decoded.split(/[/\\]/).some((segment) => DOTS.test(segment))) return false;
  }
  return decoded !== '' && !/%[0-9a-f]{2}/i.test(decoded);
}

/** Escapes that the author wrote stay. */
function encodedLiteral(text: string, owner: object): string {
  try {
    return encodeURI(text).replaceAll(/%25([0-9a-f]{2})/gi, '%$1');
  } catch {
    throw new OpenApiFault('the path holds half a character (a lone surrogate)', owner);
  }
}
