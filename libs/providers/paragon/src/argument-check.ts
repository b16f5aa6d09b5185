import { Logger } from '@nestjs/common';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { ProviderError } from '@manifold/tool-provider';

type Arguments = Readonly<Record<string, unknown>>;

/** A schema beyond these is left to Paragon, which checks in any case: compiling it could stop the process (SECURITY.md, threat 26). */
const MAX_SCHEMA_CHARACTERS = 256 * 1024;
const MAX_SCHEMA_DEPTH = 64;
const MAX_DETAILS = 20;

const logger = new Logger('ArgumentCheck');

/** A pattern in linear time. One that RE2 does not know (look-ahead) lets everything pass. Ajv tells patterns apart by their text. */
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

/** Checks the arguments of one tool. The schema is compiled with the first call. */
export class ArgumentCheck {
  private validate?: ValidateFunction | 'unchecked';

  constructor(
    private readonly tool: string,
    private readonly schema: object,
  ) {}

  /** @throws ProviderError `invalid_arguments`, in the words of the specification */
  check(args: Arguments): void {
    this.validate ??= this.compile();
    if (this.validate === 'unchecked' || this.fits(this.validate, args)) return;
    const details = (this.validate.errors ?? []).slice(0, MAX_DETAILS).map(detailOf);
    const summary = details.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`).join('; ');
    throw new ProviderError('invalid_arguments', `The arguments do not fit ${this.tool}: ${summary}`, {
      modelText: JSON.stringify({ error: 'Validation error', details }),
    });
  }

  /** Ajv fails on some values where a schema combines `oneOf` and `patternProperties`: such a schema is left to Paragon, too. */
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
    // The names of other drafts are not known here; what they say of arguments is the same.
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

const detailOf = ({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject) => ({
  instancePath,
  keyword,
  params: params as unknown,
  message,
});
