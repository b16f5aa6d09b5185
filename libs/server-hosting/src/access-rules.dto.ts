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
  /** The user's name, as `username` elsewhere. */
  @IsString()
  @Matches(PRINTABLE, { message: 'subject must be 1 to 256 printable characters' })
  subject: string;

  /** Whose user it is, where several issuers have users of this name; that of API keys is `manifold`. Not given: any issuer's. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  issuer?: string;
}

/** Whoever one of the lists names is let in. */
export class AccessRuleDto {
  @ApiPropertyOptional({ enum: ROLES, isArray: true })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(ROLES.length)
  @ArrayUnique()
  @IsIn(ROLES, { each: true, message: `each of roles must be one of ${ROLES.join(', ')}` })
  roles?: Role[];

  /** Values of the claim from which the roles of a token are read (`rolesClaim` in AUTH_ISSUERS), or groups of an API key. */
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
  /** The tools, by their names inside the server; `*` stands for any characters. */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_NAMED)
  @IsString({ each: true })
  @Matches(PRINTABLE, { each: true, message: 'each of names must be 1 to 256 printable characters' })
  names: string[];
}

/**
 * Who sees the server. For everybody else there is no such server: neither its tools, resources and prompts, nor its endpoint, nor in what
 * a user keeps for it. Operators manage it all the same.
 */
export class ServerAccessRulesDto extends AccessRuleDto {
  /** Tools that are for fewer: of the rules that name a tool, one has to let the caller in, too. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_TOOL_RULES)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ToolAccessDto)
  tools?: ToolAccessDto[];
}
