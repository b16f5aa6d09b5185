const PLACE = /\{([A-Za-z_][A-Za-z0-9_.-]{0,127})\}/g;

/** Returns the names of the secrets in a header's template. */
export const secretsIn = (template: string): string[] => [...template.matchAll(PLACE)].map(([, name]) => name!);

type Texts = Readonly<Record<string, string>>;

/**
 * Returns the headers of one user's requests. If the user has not stored a secret of a header, that header is left out,
 * even if the server's configuration has a value for it. A user is never served with credentials of another owner.
 */
export function userHeaders(headers: Texts, templates: Texts, secrets: Texts): Record<string, string> {
  const templated = new Set(Object.keys(templates).map((name) => name.toLowerCase()));
  const fixed = Object.entries(headers).filter(([name]) => !templated.has(name.toLowerCase()));
  const filled = Object.entries(templates)
    .filter(([, template]) => secretsIn(template).every((name) => Object.hasOwn(secrets, name)))
    .map(([name, template]) => [name, template.replace(PLACE, (_, secret: string) => secrets[secret]!)]);
  return Object.fromEntries([...fixed, ...filled]);
}
