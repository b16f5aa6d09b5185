import { ProviderError } from '@manifold/tool-provider';
import { OpenApiError } from './openapi-error.js';

const DOTS = /^\.\.?(;|$)/;
const CONTROL = /[\x00-\x1f\x7f]/;
/** Number of decodings to check. A chain of servers and proxies does not decode more often. */
const DECODINGS = 8;

/** A path of an OpenAPI document: literal text and placeholders that arguments replace. */
export class PathTemplate {
  /** Literal texts at even positions, placeholders' names at odd ones. */
  private readonly parts: readonly string[];

  /** @throws OpenApiError */
  constructor(path: string, owner: object) {
    if (!path.startsWith('/') || path.includes('#')) {
      throw new OpenApiError(`the path "${path}" does not begin with "/" or has a fragment`, owner);
    }
    if (path.split(/[/?]/).some((segment) => DOTS.test(segment))) {
      throw new OpenApiError(`the path "${path}" has "." or ".." segments`, owner);
    }
    this.parts = path
      .split(/\{([^{}]*)\}/)
      .map((part, index) => (index % 2 === 0 ? encodedLiteral(part, owner) : part));
  }

  get placeholders(): Set<string> {
    return new Set(this.parts.filter((_, index) => index % 2 === 1));
  }

  /**
   * Returns the path with all placeholders replaced.
   * @param textOf returns the encoded text for a placeholder
   * @throws ProviderError `invalid_arguments` if a text could lead to the path of another operation
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
 * Returns whether a text stays inside its path segment. Servers and proxies may decode more than once, treat a backslash as a slash, and
 * resolve dots afterwards. `..%2fadmin` would then reach another operation with the user's credentials (as in CVE-2026-32871).
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

/** Encodes a literal part of the path. Percent-encodings in the document are kept. */
function encodedLiteral(text: string, owner: object): string {
  try {
    return encodeURI(text).replaceAll(/%25([0-9a-f]{2})/gi, '%$1');
  } catch {
    throw new OpenApiError('the path holds a lone surrogate (half a character)', owner);
  }
}
