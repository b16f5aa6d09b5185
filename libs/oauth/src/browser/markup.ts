/** HTML that may be sent as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** A template of HTML. What is put in is shown as text, in attributes too, unless it is Markup itself (SECURITY.md, threat 51). */
export function markup(parts: TemplateStringsArray, ...values: (string | Markup)[]): Markup {
  const texts = values.map((value) => (value instanceof Markup ? value.text : escaped(value)));
  return new Markup(String.raw({ raw: parts }, ...texts));
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
