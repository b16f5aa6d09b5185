import type { Confidential, Fields } from './collection.js';

/**
 * Declares whole fields as confidential.
 * @param fields field → its value in a record that does not open
 */
export function confidentialFields<T extends Fields>(fields: Partial<T>): Confidential<T> {
  const names = new Set(Object.keys(fields));
  return {
    split(value) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      const hidden = entries.filter(([name]) => names.has(name));
      const open = { ...Object.fromEntries(entries.filter(([name]) => !names.has(name))), ...fields };
      return hidden.length === 0 ? { open: value } : { open, confidential: Object.fromEntries(hidden) };
    },
    join: (open, confidential) => ({ ...open, ...(confidential as Fields) }) as T,
  };
}
