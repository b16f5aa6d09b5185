import { isDeniedHeader } from '../denied-headers.js';
import { refused } from './refused.js';

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

/** @throws ProviderError `invalid_arguments` */
export function checkedHeaders(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const checked: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!TOKEN.test(name) || !VALUE.test(value)) throw refused('A header contains characters that headers cannot have');
    if (isDeniedHeader(key)) {
      throw refused(`The header ${name} cannot be set: credentials and routing are added for you`);
    }
    checked[key] = value;
  }
  return checked;
}
