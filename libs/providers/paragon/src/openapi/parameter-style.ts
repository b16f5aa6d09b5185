import { isObject } from '@manifold/async';
import { ProviderError, type JsonObject } from '@manifold/tool-provider';
import type { Parameter } from './parameters.js';

// Serialization of values by the styles of OpenAPI 3.1, section 4.8.12.3 (the styles of 3.0 are the same).

type Encode = (text: string) => string;

/**
 * Returns the encoded text that replaces a parameter's placeholder in the path.
 * @throws ProviderError `invalid_arguments` for a value that the style cannot express. The other functions of this file do the same.
 */
export function pathText({ name, style, explode, json, key }: Parameter, value: unknown): string {
  const encode = encoderOf(key);
  if (json) return encode(JSON.stringify(value));
  if (style === 'label') return `.${joined(key, value, explode ? '.' : ',', explode, encode)}`;
  if (style === 'matrix') return matrixText(encode(name), key, value, explode);
  return joined(key, value, ',', explode, encode);
}

/** Returns the encoded `name=value` pairs of a query parameter. An empty list has none. */
export function queryPairs({ name, style, explode, json, key }: Parameter, value: unknown): string[] {
  const encode = encoderOf(key);
  const encodedName = encode(name);
  if (json) return [`${encodedName}=${encode(JSON.stringify(value))}`];
  if (!isStructured(value)) return [`${encodedName}=${encode(scalar(key, value))}`];
  if (style === 'deepObject') return deepPairs(name, key, value, encode);
  if (explode && Array.isArray(value)) return value.map((item) => `${encodedName}=${encode(scalar(key, item))}`);
  if (explode) return Object.entries(value).map(([field, item]) => `${encode(field)}=${encode(scalar(key, item))}`);
  const delimiter = style === 'spaceDelimited' ? '%20' : style === 'pipeDelimited' ? '%7C' : ',';
  const text = joined(key, value, delimiter, false, encode);
  return Object.keys(value).length === 0 ? [] : [`${encodedName}=${text}`];
}

/** Returns the value of a header. Line breaks are refused, because an agent could inject headers with them (docs/THREATS.md, threat 20). */
export function headerText({ explode, json, key }: Parameter, value: unknown): string {
  const text = json ? JSON.stringify(value) : joined(key, value, ',', explode, (plain) => plain);
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text;
  throw new ProviderError('invalid_arguments', `${key} has characters that a header cannot carry`);
}

function joined(key: string, value: unknown, delimiter: string, explode: boolean, encode: Encode): string {
  if (!isStructured(value)) return encode(scalar(key, value));
  if (Array.isArray(value)) return value.map((item) => encode(scalar(key, item))).join(delimiter);
  const pairs = Object.entries(value).map(([field, item]) => [encode(field), encode(scalar(key, item))]);
  return pairs.map((pair) => pair.join(explode ? '=' : delimiter)).join(delimiter);
}

function matrixText(name: string, key: string, value: unknown, explode: boolean): string {
  const encode = encoderOf(key);
  if (!explode || !isStructured(value)) return `;${name}=${joined(key, value, ',', false, encode)}`;
  if (Array.isArray(value)) return value.map((item) => `;${name}=${encode(scalar(key, item))}`).join('');
  return Object.entries(value)
    .map(([field, item]) => `;${encode(field)}=${encode(scalar(key, item))}`)
    .join('');
}

/** Returns the pairs of a `deepObject`. The specification defines one level only; deeper levels use the common nested form syntax. */
function deepPairs(name: string, key: string, value: unknown, encode: Encode): string[] {
  if (!isStructured(value)) return [`${encode(name)}=${encode(scalar(key, value))}`];
  if (Array.isArray(value)) return value.flatMap((item) => deepPairs(`${name}[]`, key, item, encode));
  return Object.entries(value).flatMap(([field, item]) => deepPairs(`${name}[${field}]`, key, item, encode));
}

const isStructured = (value: unknown): value is JsonObject | readonly unknown[] =>
  isObject(value) || Array.isArray(value);

function scalar(key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return '';
  throw new ProviderError('invalid_arguments', `${key} is nested too deeply for where it is sent`);
}

const encoderOf =
  (key: string): Encode =>
  (text) => {
    try {
      return encodeURIComponent(text);
    } catch {
      throw new ProviderError('invalid_arguments', `${key} holds a lone surrogate (half a character)`);
    }
  };
