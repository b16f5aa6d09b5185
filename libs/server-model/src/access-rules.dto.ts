import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { ROLES, type Role } from '@manifold/auth';
import { IfGiven } from '@manifold/rest';

const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;
const MOST_NAMED = 200;
const MOST_TOOL_RULES = 100;

export class AccessUserDto {
  /** The user's name, the same as `username` in other routes. */
  @IsString()
  @Matches(PRINTABLE, { message: 'subject must be 1 to 256 printable characters' })
  subject: string;

  /** The issuer of the user, if several issuers have users of this name; for API keys it is `manifold`. Not given: any issuer. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  issuer?: string;
}

/** A rule admits a caller if at least one of its lists names the caller. */
export class AccessRuleDto {
  @ApiPropertyOptional({ enum: ROLES, isArray: true })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(ROLES.length)
  @ArrayUnique()
  @IsIn(ROLES, { each: true, message: `each of roles must be one of ${ROLES.join(', ')}` })
  roles?: Role[];

  /** Groups: values of the claim from which the roles of a token are read (`rolesClaim` in AUTH_ISSUERS), or groups of an API key. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_NAMED)
  @IsString({ each: true })
  @Matches(PRINTABLE, { each: true, message: 'each of groups must be 1 to 256 printable characters' })
  groups?: string[];

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_NAMED)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AccessUserDto)
  users?: AccessUserDto[];
}

export class ToolAccessDto extends AccessRuleDto {
  /** Names of the tools inside the server; `*` stands for any characters. */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_NAMED)
  @IsString({ each: true })
  @Matches(PRINTABLE, { each: true, message: 'each of names must be 1 to 256 printable characters' })
  names: string[];
}

/**
 * The callers who see the server. For all other callers the server does not exist: they see neither its tools, resources and prompts, nor
 * its endpoint, nor their own stored data for it. Operators can still manage it.
 */
export class ServerAccessRulesDto extends AccessRuleDto {
  /** Rules that restrict tools further. If rules name a tool, at least one of them must also admit the caller. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_TOOL_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ToolAccessDto)
  tools?: ToolAccessDto[];
}
