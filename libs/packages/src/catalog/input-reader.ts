import { SECRET_NAME } from '@manifold/server-model';
import type { CatalogNeedsDto } from './catalog.dto.js';
import type { Argument, Input, NamedInput, RegistryPackage, RegistryRemote } from './registry.schema.js';

interface Hosting {
  readonly isolation?: 'user';
  readonly secretsAs?: 'environment' | 'headers';
  readonly secretNames?: string[];
  readonly secretHeaders?: Record<string, string>;
}

/** Start settings of a package's program. */
export interface Program extends Hosting {
  readonly args?: string[];
  readonly env?: Record<string, string>;
}

/** Connection settings of a remote server. */
export interface Endpoint extends Hosting {
  readonly url: string;
  readonly headers?: Record<string, string>;
}

type Variables = NamedInput['variables'];

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
const HEADER_VALUE = /^[\x20-\x7e]*$/;
const VARIABLE = /\{([A-Za-z0-9_-]{1,64})\}/g;

/**
 * Converts the inputs that a server's publisher describes into settings. It collects in `needs` the placeholders to replace and the
 * secrets to store.
 */
export class InputReader {
  readonly needs: CatalogNeedsDto = { secrets: [], arguments: [] };

  /** @returns undefined if a required argument is secret, because secrets must not be on a command line, or a variable name is invalid */
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

  /** @returns undefined if no server can be registered with the URL or headers, for example if the URL must contain a secret */
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

  /** Returns the environment variables or headers that have no secrets. */
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

  /** Returns the value of an input; undefined if the input is optional and has no value. */
  private text(name: string, input: Input & { variables?: Variables }): string | undefined {
    const text = input.value ?? input.default;
    if (text !== undefined) return this.filled(text, input.variables);
    return input.isRequired ? this.placeholder(name, input) : undefined;
  }

  /** Replaces described variables in a text by their value or default. Other variables stay in the text as placeholders. */
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

  /** Returns the value of a secret header, with the names of secrets in braces: those in its value, or else the header's own name. */
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
