import { Logger } from '@nestjs/common';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { ProviderError } from '@manifold/tool-provider';

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Limits for schemas that the gateway compiles. Compiling a larger schema could block the process (docs/THREATS.md, threat 26). Paragon
 * checks the arguments in any case.
 */
const MAX_SCHEMA_CHARACTERS = 256 * 1024;
const MAX_SCHEMA_DEPTH = 64;
const MAX_DETAILS = 20;
/** The most members and elements of arguments that are checked here. The work of `uniqueItems` grows with its square (threat 58). */
const MAX_ARGUMENT_VALUES = 2_000;

const logger = new Logger('ArgumentCheck');

/**
 * Compiles a pattern that is matched in linear time. A pattern that RE2 does not support (look-ahead) accepts everything. Ajv uses
 * `toString` to tell patterns apart.
 */
function linearPattern(pattern: string): { test(text: string): boolean; toString(): string } {
  try {
    const compiled = RE2JS.compile(pattern);
    return { test: (text) => compiled.test(text), toString: () => pattern };
  } catch {
    return { test: () => true, toString: () => pattern };
  }
}

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  addUsedSchema: false,
  logger: false,
  code: { regExp: Object.assign(linearPattern, { code: 'linearPattern' }) },
});
addFormats.default(ajv);

/** Checks the arguments of one tool. The schema is compiled at the first call. */
export class ArgumentCheck {
  private validate?: ValidateFunction | 'unchecked';

  constructor(
    private readonly tool: string,
    private readonly schema: object,
  ) {}

  /** @throws ProviderError `invalid_arguments`, with the text that the specification requires */
  check(args: Arguments): void {
    this.validate ??= this.compile();
    if (this.validate === 'unchecked' || valuesIn(args, MAX_ARGUMENT_VALUES) > MAX_ARGUMENT_VALUES) return;
    if (this.fits(this.validate, args)) return;
    const details = (this.validate.errors ?? []).slice(0, MAX_DETAILS).map(detailOf);
    const summary = details.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`).join('; ');
    throw new ProviderError('invalid_arguments', `The arguments do not match the schema of ${this.tool}: ${summary}`, {
      modelText: JSON.stringify({ error: 'Validation error', details }),
    });
  }

  /** Validates the arguments. Ajv can throw if a schema combines `oneOf` and `patternProperties`; then only Paragon checks them. */
  private fits(validate: ValidateFunction, args: Arguments): boolean {
    try {
      return validate(args);
    } catch (err) {
      logger.warn({ msg: 'arguments are not checked here: the schema cannot be applied', tool: this.tool, err });
      this.validate = 'unchecked';
      return true;
    }
  }

  private compile(): ValidateFunction | 'unchecked' {
    // Ajv 2020 does not know the `$schema` names of other drafts. Their keywords for arguments mean the same.
    const schema = { ...this.schema, $schema: undefined };
    try {
      if (isBeyondLimits(schema)) throw new Error('the schema is too large');
      return ajv.compile(schema);
    } catch (err) {
      logger.warn({ msg: 'arguments are not checked here: the schema cannot be compiled', tool: this.tool, err });
      return 'unchecked';
    } finally {
      ajv.removeSchema(schema);
    }
  }
}

function isBeyondLimits(schema: object): boolean {
  return JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS || isDeeper(schema, MAX_SCHEMA_DEPTH);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** Counts the members and elements of a value, until there are more than `most`. */
function valuesIn(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const item of Object.values(value)) {
    count += 1 + valuesIn(item, most - count);
    if (count > most) return count;
  }
  return count;
}

const detailOf = ({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject) => ({
  instancePath,
  keyword,
  params: params as unknown,
  message,
});
