import { ValidateBy } from 'class-validator';

const MAX_LENGTH = 2_048;
/** URLs that all parsers read in the same way. The URL parser also accepts blanks, backslashes and missing slashes. */
const PLAIN = /^https?:\/\/[^\s\\]+$/i;

/** Requires an absolute http or https URL without credentials. */
export const IsHttpUrl = (): PropertyDecorator =>
  ValidateBy({
    name: 'isHttpUrl',
    validator: {
      validate: isHttpUrl,
      defaultMessage: (args) => `${args!.property} must be an http or https URL without credentials`,
    },
  });

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return false;
  if (!PLAIN.test(value)) return false;
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
