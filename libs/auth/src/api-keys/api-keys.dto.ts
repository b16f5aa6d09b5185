import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsRFC3339, IsString, Length, Matches } from 'class-validator';

import { IfGiven } from '@manifold/rest';
import { PrincipalDto } from '../principal.dto.js';
import { MOST_GROUPS, ROLES, type Role } from '../principal.js';

const GROUP = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;

export class CreateApiKeyDto {
  /** Name of the key in lists, and the subject of its principal. Unique in the tenant. */
  @IsString()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/, {
    message: 'name must be 1 to 64 letters, digits, dots, dashes, underscores or @, and start with a letter or digit',
  })
  name: string;

  /** Roles of the key. Every key also has the role `user`. */
  @IsArray()
  @ArrayMaxSize(ROLES.length)
  @ArrayUnique()
  @IsIn(ROLES, { each: true, message: `each of roles must be one of ${ROLES.join(', ')}` })
  roles: Role[];

  /** Groups of the key, which access rules can name. Default: none. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_GROUPS)
  @ArrayUnique()
  @IsString({ each: true })
  @Matches(GROUP, { each: true, message: 'each of groups must be 1 to 256 printable characters' })
  groups?: string[];

  /** For the role `service`: the issuer of the users it acts for. Default: the gateway's own users. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  issuer?: string;

  /** Time after which the gateway refuses the key (RFC 3339, in the future). Without it, the key is valid until it is revoked. */
  @IfGiven()
  @IsRFC3339()
  expiresAt?: string;
}

/** Data of an API key, without the key itself. */
export class ApiKeyDto {
  id: string;
  name: string;
  tenant: string;
  issuer: string;

  /** Roles that the key has now. Those that the policy of the tenant no longer lets its admins give are left out. */
  roles: Role[];
  groups?: string[];

  createdAt: string;
  /** The creator. A command of the gateway has its name as `subject`, and neither tenant nor issuer. */
  createdBy: PrincipalDto;
  expiresAt?: string;
}

export class CreatedApiKeyDto extends ApiKeyDto {
  success: boolean;

  /** The API key itself. Only this response contains it. */
  key: string;
}

export class ApiKeyListDto {
  success: boolean;
  keys: ApiKeyDto[];
}

export class RevokedApiKeyDto {
  success: boolean;
}
