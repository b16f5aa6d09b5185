import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, ValidateBy } from 'class-validator';
import { COMMAND, ROLE_NAMES, SCRIPT_PACKAGE, SCRIPT_WORDS, STDIO_WORDS, type RoleName } from '@manifold/config';
import { IfGiven } from '@manifold/rest';

const MOST_ITEMS = 500;
const LONGEST_ITEM = 1_024;

interface WordsOrList {
  readonly words: readonly string[];
  readonly item: RegExp;
  /** The rule of the items in words, as the end of a sentence. */
  readonly rule: string;
}

/** Accepts one of the words, or a list of texts that match a pattern. */
const IsWordOrList = ({ words, item, rule }: WordsOrList): PropertyDecorator => {
  const isItem = (text: unknown): boolean =>
    typeof text === 'string' && text.length <= LONGEST_ITEM && item.test(text) && !words.includes(text);
  const isList = (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.length <= MOST_ITEMS && value.every(isItem);
  return applyDecorators(
    ApiPropertyOptional({
      oneOf: [
        { type: 'string', enum: [...words] },
        { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: MOST_ITEMS },
      ],
    }),
    IfGiven(),
    ValidateBy({
      name: 'isWordOrList',
      validator: {
        validate: (value: unknown) => (typeof value === 'string' ? words.includes(value) : isList(value)),
        defaultMessage: (args) => `${args!.property} must be ${words.join(', ')} or a list of ${rule}`,
      },
    }),
  );
};

/** The rules for programs and roles of the tenant. The rules of the gateway (STDIO_SERVERS, INSTALL_SCRIPTS) hold as well. */
export class TenantPolicyDto {
  /**
   * The stdio servers that the tenant may have: `none`, `packages` (programs of installed packages), `any`, or packages and the listed
   * commands. A listed command is a program and its first arguments, such as `node /opt/servers/*.js`; `*` stands for any characters of
   * one word. Default: TENANT_STDIO_SERVERS.
   */
  @IsWordOrList({ words: STDIO_WORDS, item: COMMAND, rule: 'commands, with one space between their words' })
  stdio?: (typeof STDIO_WORDS)[number] | string[];

  /**
   * The packages that may run code while they are installed: `never`, `yes`, or a list such as `node:better-sqlite3`, `python:lxml`.
   * Default: TENANT_INSTALL_SCRIPTS.
   */
  @IsWordOrList({ words: SCRIPT_WORDS, item: SCRIPT_PACKAGE, rule: 'packages, each after node: or python:' })
  allowScripts?: (typeof SCRIPT_WORDS)[number] | string[];

  /** The roles that admins of the tenant may give to API keys. Default: TENANT_GRANTABLE_ROLES. */
  @ApiPropertyOptional({ enum: ROLE_NAMES, isArray: true })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(ROLE_NAMES.length)
  @ArrayUnique()
  @IsIn(ROLE_NAMES, { each: true, message: `each of grantableRoles must be one of ${ROLE_NAMES.join(', ')}` })
  grantableRoles?: RoleName[];
}
