import { SECRET_NAME } from '@manifold/server-hosting';
import type { CatalogNeedsDto } from './catalog.dto.js';
import type { Argument, Input, NamedInput, RegistryPackage, RegistryRemote } from './registry.schema.js';

interface Hosting {
  readonly isolation?: 'user';
  readonly secretsAs?: 'environment' | 'headers';
  readonly secretNames?: string[];
  readonly secretHeaders?: Record<string, string>;
}

/** How a program of a package is started. */
export interface Program extends Hosting {
  readonly args?: string[];
  readonly env?: Record<string, string>;
}

/** How a remote server is reached. */
export interface Endpoint extends Hosting {
  readonly url: string;
  readonly headers?: Record<string, string>;
}

type Variables = NamedInput['variables'];

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
const HEADER_VALUE = /^[\x20-\x7e]*$/;
const VARIABLE = /\{([A-Za-z0-9_-]{1,64})\}/g;

/** Turns the inputs that a server's publisher describes into settings, and notes what is left to be filled in or stored. */
export class InputReader {
  readonly needs: CatalogNeedsDto = { secrets: [], arguments: [] };

  /** @returns undefined for a program that cannot be started without a secret on its command line */
  program({ packageArguments = [], environmentVariables = [] }: RegistryPackage): Program | undefined {
    if (packageArguments.some((argument) => argument.isRequired && isSecret(argument))) return undefined;
    if (environmentVariables.some(({ name }) => !ENV_NAME.test(name))) return undefined;
    const args = packageArguments.filter((argument) => !isSecret(argument)).flatMap((argument) => this.words(argument));
    const env = this.pairs(environmentVariables.filter((variable) => !isSecret(variable)));
    for (const variable of environmentVariables.filter(isSecret)) this.noteSecret(variable.name, variable);
    return {
      ...(args.length > 0 && { args }),
      ...(env && { env }),
      ...this.hosting({ isolation: 'user', secretsAs: 'environment' }),
    };
  }

  /** @returns undefined for a URL that no server can be registered with, such as one that has to hold a secret */
  endpoint({ url: template, headers = [], variables }: RegistryRemote): Endpoint | undefined {
    if (headers.some(({ name }) => !HEADER_NAME.test(name))) return undefined;
    if (namesIn(template).some((name) => variables?.[name]?.isSecret)) return undefined;
    const url = this.filled(template, {
      ...Object.fromEntries(namesIn(template).map((name) => [name, {}])),
      ...variables,
    });
    if (!isEndpoint(url)) return undefined;
    const pairs = this.pairs(headers.filter((header) => !isSecret(header)));
    const templates = headers.filter(isSecret).map((header) => [header.name, this.template(header)] as const);
    if (templates.some(([, template]) => !HEADER_VALUE.test(template))) return undefined;
    if (pairs && !Object.values(pairs).every((value) => HEADER_VALUE.test(value))) return undefined;
    const secretHeaders = Object.fromEntries(templates);
    return { url, ...(pairs && { headers: pairs }), ...this.hosting({ secretsAs: 'headers', secretHeaders }) };
  }

  private hosting(where: Hosting): Hosting | undefined {
    const secretNames = this.needs.secrets.map(({ name }) => name);
    return secretNames.length > 0 ? { ...where, secretNames } : undefined;
  }

  /** Environment variables or headers without secrets. */
  private pairs(inputs: readonly NamedInput[]): Record<string, string> | undefined {
    const pairs: [string, string][] = [];
    for (const input of inputs) {
      const text = this.text(input.name, input);
      if (text !== undefined) pairs.push([input.name, text]);
    }
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  }

  private words(argument: Argument): string[] {
    const { type, name, valueHint } = argument;
    const text = this.text(valueHint ?? name?.replace(/^-+/, '') ?? 'argument', argument);
    if (text === undefined) return [];
    if (type === 'positional' || name === undefined) return [text];
    return text === '' ? [name] : [name, text];
  }

  /** Undefined for an input that can be left out. */
  private text(name: string, input: Input & { variables?: Variables }): string | undefined {
    const text = input.value ?? input.default;
    if (text !== undefined) return this.filled(text, input.variables);
    return input.isRequired ? this.placeholder(name, input) : undefined;
  }

  /** Variables whose value is known are replaced; the others stay, to be filled in. */
  private filled(text: string, variables: Variables): string {
    return text.replaceAll(VARIABLE, (whole, name: string) => {
      const variable = variables && Object.hasOwn(variables, name) ? variables[name]! : undefined;
      return variable ? (variable.value ?? variable.default ?? this.placeholder(name, variable)) : whole;
    });
  }

  private placeholder(name: string, { description, placeholder: example }: Input): string {
    const placeholder = `{${name}}`;
    if (!this.needs.arguments.some((known) => known.placeholder === placeholder)) {
      this.needs.arguments.push({ placeholder, purpose: description ?? name, ...(example && { example }) });
    }
    return placeholder;
  }

  /** A secret header with the names of its secrets in braces: those of its value, or its own. */
  private template({ name, value = '', variables, ...input }: NamedInput): string {
    const secrets = namesIn(value).filter((part) => SECRET_NAME.test(part));
    if (secrets.length === 0) {
      this.noteSecret(name, { ...input, value: value || undefined });
      return `{${name}}`;
    }
    for (const secret of secrets) this.noteSecret(secret, { ...input, ...variables?.[secret], value: undefined });
    return value;
  }

  private noteSecret(name: string, { description, isRequired, value }: Input): void {
    const purpose = [description ?? name, value !== undefined && `(in the form ${value})`].filter(Boolean).join(' ');
    if (this.needs.secrets.some((known) => known.name === name)) return;
    this.needs.secrets.push({ name, purpose, ...(!isRequired && { optional: true }) });
  }
}

const isSecret = ({ isSecret: secret, variables }: Input & { variables?: Variables }): boolean =>
  secret === true || Object.values(variables ?? {}).some((variable) => variable.isSecret === true);

const namesIn = (template: string): string[] => [...template.matchAll(VARIABLE)].map(([, name]) => name!);

function isEndpoint(url: string): boolean {
  const parsed = URL.parse(url.replaceAll(VARIABLE, 'x'));
  return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === '';
}
