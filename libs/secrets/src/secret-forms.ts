import { LRUCache } from 'lru-cache';

/** Minimum length of a value whose forms are looked for. Shorter values are too likely to occur in a text by chance. */
const LEAST_LENGTH = 8;

/** Milliseconds for which the forms of a value are kept. They reveal the value, so a value that is no longer used must not stay. */
const KEPT_MS = 60_000;
const MOST_VALUES = 1000;
/** Maximum number of characters of all forms together. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** The forms by value. To compute them costs more than a call does otherwise. */
const computed = new LRUCache<string, readonly string[]>({
  max: MOST_VALUES,
  maxSize: MOST_CHARACTERS,
  sizeCalculation: (forms, value) => forms.reduce((sum, { length }) => sum + length, value.length),
  ttl: KEPT_MS,
  ttlAutopurge: true,
  ttlResolution: 0,
  perf: { now: () => performance.now() }, // looked up each time, so that specs can move the clock
});

/** Characters that encoders of URLs leave as they are. */
const UNESCAPED = [
  /[\w.!~*'()-]/, // encodeURIComponent
  /[\w.~-]/, // RFC 3986
  /[\w.*-]/, // application/x-www-form-urlencoded
  /[\w.-]/, // PHP's urlencode
  /[\w.~/-]/, // Python's quote
  /[\w.!~*'();/?:@&=+$,#-]/, // encodeURI
  /[\w.~$&+:=@-]/, // a segment of a path, as Go writes it
  /[^\0- "#<>?^`{}\x7f]/, // a path of the URL standard
  /[^\0- "#<>'\x7f]/, // a query of the URL standard
  /[^]{2}/, // none
];

/** The text that each encoder writes for each byte, in upper-case and in lower-case digits. */
const ESCAPES = UNESCAPED.flatMap((kept) => {
  const upper = Array.from({ length: 256 }, (_, byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x80 && kept.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return [upper, upper.map((text) => (text.length === 1 ? text : text.toLowerCase()))];
});

/**
 * Returns the forms in which a text may contain a secret: as it is, escaped in JSON, in base64 at any position of the encoded bytes, in
 * hexadecimal digits and encoded for URLs.
 * @returns no form for values of fewer than 8 characters
 */
export function secretForms(secret: string): readonly string[] {
  if (secret.length < LEAST_LENGTH) return [];
  const known = computed.get(secret);
  if (known) return known;
  const forms = formsOf(secret);
  computed.set(secret, forms);
  return forms;
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const forms = [
    secret,
    ...jsonForms(secret),
    ...base64Forms(bytes),
    hex,
    hex.toUpperCase(),
    ...ESCAPES.flatMap((escapes) => percentForms(bytes, escapes)),
  ];
  return [...new Set(forms)];
}

/** Returns the values and their forms, which a log hides: short values in themselves too. */
export const hiddenForms = (values: readonly string[]): string[] => [
  ...new Set(values.flatMap((value) => [value, ...secretForms(value)])),
];

/**
 * Returns the characters that the secret has in base64 and base64url. They depend on the number of bytes before it, modulo three. Characters
 * that also depend on bytes before or after the secret are left out.
 */
function base64Forms(bytes: Buffer): string[] {
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString('base64');
  const forms = [...inside, whole, whole.replaceAll('=', '')];
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** Returns what encoders of JSON write: JavaScript's; those that write ASCII alone, as Python's and PHP's do; and Go's, for HTML. */
function jsonForms(secret: string): string[] {
  const plain = JSON.stringify(secret).slice(1, -1);
  const ascii = plain.replace(/[^\0-\x7f]/g, unicodeEscape);
  const forHtml = plain.replace(/[<>&\u2028\u2029]/g, unicodeEscape);
  return [plain, ascii, forHtml].flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}

const unicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

function percentForms(bytes: Buffer, escapes: readonly string[]): string[] {
  let encoded = '';
  for (const byte of bytes) encoded += escapes[byte]!;
  return [encoded, encoded.replaceAll('%20', '+')];
}
