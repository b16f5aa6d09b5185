/** HTML that may be sent as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** Builds HTML from a template. Inserted values are escaped, in attributes too, unless they are Markup (docs/THREATS.md, threat 51). */
export function markup(parts: TemplateStringsArray, ...values: (string | Markup)[]): Markup {
  const texts = values.map((value) => (value instanceof Markup ? value.text : escapeHtml(value)));
  return new Markup(String.raw({ raw: parts }, ...texts));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
