import { isIP } from 'node:net';
import type { z } from 'zod';
import { InvalidSettingError } from './setting.js';

/** Parses the text that an operator has written. Throws InvalidSettingError. */
export type Parser<T> = (text: string) => T;

export const text: Parser<string> = (written) => written;

/**
 * Returns a parser for text that matches a pattern.
 * @param what describes the valid text, after "write"
 */
export const matching =
  (pattern: RegExp, what: string): Parser<string> =>
  (written) => {
    if (pattern.test(written)) return written;
    throw new InvalidSettingError(`does not have the right form; write ${what}`);
  };

export const boolean: Parser<boolean> = (written) => {
  if (written === 'true' || written === 'false') return written === 'true';
  throw new InvalidSettingError('is neither true nor false; write true or false');
};

export const integer =
  (least: number, most: number): Parser<number> =>
  (written) => {
    const remedy = `a whole number from ${least} to ${most}`;
    if (!/^\d+$/.test(written)) throw new InvalidSettingError(`is not a whole number; write ${remedy}`);
    const value = Number(written);
    if (value < least || value > most) throw new InvalidSettingError(`is out of range; write ${remedy}`);
    return value;
  };

/** Reads a number from 0 to 1. */
export const ratio: Parser<number> = (written) => {
  if (/^(0(\.\d+)?|1(\.0+)?)$/.test(written)) return Number(written);
  throw new InvalidSettingError('is not a share; write a number from 0 to 1, such as 0.1');
};

export const oneOf =
  <const T extends string>(...values: readonly T[]): Parser<T> =>
  (written) => {
    const value = values.find((candidate) => candidate === written);
    if (value !== undefined) return value;
    const remedy = `${values.slice(0, -1).join(', ')} or ${values.at(-1)!}`;
    throw new InvalidSettingError(`is not one of its values; write ${remedy}`);
  };

export const list: Parser<readonly string[]> = (written) =>
  written
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Reads a URL and removes slashes at its end. */
export const httpUrl: Parser<string> = (written) => {
  if (/^https?:$/.test(URL.parse(written)?.protocol ?? '')) return written.replace(/\/+$/, '');
  throw new InvalidSettingError('is not a URL; write an http or https URL, such as https://host.example.com');
};

export const httpsUrlWithPath: Parser<string> = (written) => {
  if (/^https:\/\/[^/?#@]+\/[^?#]+$/.test(written) && URL.canParse(written)) return written;
  throw new InvalidSettingError('is not a usable URL; write an https URL with a path and without a query');
};

export const bytes: Parser<number> = (written) => {
  const remedy = 'a number of bytes, or a number with kb or mb, of 1kb at least';
  if (!/^\d{1,9}(b|kb|mb)?$/i.test(written)) throw new InvalidSettingError(`is not a size; write ${remedy}`);
  const unit = { kb: 1024, mb: 1024 * 1024 }[written.slice(-2).toLowerCase()] ?? 1;
  const value = Number.parseInt(written, 10) * unit;
  if (value < 1024) throw new InvalidSettingError(`is too small; write ${remedy}`);
  return value;
};

/** Reads `false`, a number of proxies, or a list of addresses and networks. */
export const proxies: Parser<false | number | readonly string[]> = (written) => {
  if (written === 'false') return false;
  if (/^[1-9]$/.test(written)) return Number(written);
  const networks = written.split(',').map((item) => item.trim());
  if (networks.every(isNetwork)) return networks;
  throw new InvalidSettingError(
    'does not name any proxies; write false, a number of them from 1 to 9, or a list of addresses and CIDRs',
  );
};

function isNetwork(written: string): boolean {
  const [address = '', bits] = written.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
  return most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most));
}

/**
 * Returns a parser for JSON that matches a schema.
 * @param what describes the valid JSON, after "write JSON:"
 */
export const json =
  <T extends z.ZodType>(schema: T, what: string): Parser<z.output<T>> =>
  (written) => {
    const remedy = `JSON: ${what}`;
    const parsed = schema.safeParse(parsedJson(written, remedy));
    if (parsed.success) return parsed.data;
    const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
    const place = path.length === 0 ? '' : ` at ${path.map(String).join('.')}`;
    throw new InvalidSettingError(`is not valid${place} (${message}); write ${remedy}`);
  };

function parsedJson(written: string, remedy: string): unknown {
  try {
    return JSON.parse(written) as unknown;
  } catch {
    throw new InvalidSettingError(`is not valid JSON; write ${remedy}`);
  }
}

/** Reads pairs in the format of W3C Baggage. Names and values cannot contain characters that are invalid in a header. */
export const pairs: Parser<Readonly<Record<string, string>>> = (written) => {
  const parsed = list(written).map((item) => /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([\x21-\x7e ]*)$/.exec(item));
  if (parsed.every((pair) => pair !== null)) {
    return Object.fromEntries(parsed.map((pair) => [pair[1]!, decoded(pair[2]!)]));
  }
  throw new InvalidSettingError('is not a list of pairs; write name=value, separated by commas');
};

function decoded(value: string): string {
  try {
    return decodeURIComponent(value).replaceAll(/[^\x20-\x7e]/g, '');
  } catch {
    return value;
  }
}
