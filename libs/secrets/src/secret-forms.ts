/** Minimum length of a value whose forms are looked for. Shorter values are too likely to occur in a text by chance. */
const LEAST_LENGTH = 8;

/** Characters that `encodeURIComponent`, RFC 3986 and `application/x-www-form-urlencoded` leave as they are, and none. */
const UNESCAPED = [/[\w.!~*'()-]/, /[\w.~-]/, /[\w.*-]/, /[^]{2}/];
const PERCENT = /%[0-9A-F]{2}/g;

/**
 * Returns the forms in which a text may contain a secret: as it is, escaped in JSON, in base64 at any position of the encoded bytes, in
 * hexadecimal digits and encoded for URLs.
 * @returns no form for values of fewer than 8 characters
 */
export function secretForms(secret: string): string[] {
  if (secret.length < LEAST_LENGTH) return [];
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  return [
    ...new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      ...base64Forms(bytes),
      hex,
      hex.toUpperCase(),
      ...UNESCAPED.flatMap((kept) => percentForms(bytes, kept)),
    ]),
  ];
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
  const forms = [...inside, bytes.toString('base64')];
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

function percentForms(bytes: Buffer, kept: RegExp): string[] {
  const encoded = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x80 && kept.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
  const upper = [encoded, encoded.replaceAll('%20', '+')];
  return upper.flatMap((form) => [form, form.replace(PERCENT, (digits) => digits.toLowerCase())]);
}
