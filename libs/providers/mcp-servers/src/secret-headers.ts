const PLACE = /\{([A-Za-z_][A-Za-z0-9_.-]{0,127})\}/g;

/** The names of the secrets that a header's template asks for. */
export const secretsIn = (template: string): string[] => [...template.matchAll(PLACE)].map(([, name]) => name!);

type Texts = Readonly<Record<string, string>>;

/**
 * The headers of one user's requests. A header whose secrets the user does not have is left out, also where the server has a value
 * of its own for it: nobody speaks with credentials that are not theirs.
 */
export function userHeaders(headers: Texts, templates: Texts, secrets: Texts): Record<string, string> {
  const templated = new Set(Object.keys(templates).map((name) => name.toLowerCase()));
  const fixed = Object.entries(headers).filter(([name]) => !templated.has(name.toLowerCase()));
  const filled = Object.entries(templates)
    .filter(([, template]) => secretsIn(template).every((name) => Object.hasOwn(secrets, name)))
    .map(([name, template]) => [name, template.replace(PLACE, (_, secret: string) => secrets[secret]!)]);
  return Object.fromEntries([...fixed, ...filled]);
}
