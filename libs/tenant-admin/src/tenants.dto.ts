import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { TenantPolicyDto } from './tenant-policy.dto.js';

const PATTERN = /^[A-Za-z0-9@/._*-]{1,256}$/;
const PATTERN_RULE = 'must be names of packages, in which * stands for any characters';
const MOST_PATTERNS = 500;
const HIGHEST = 1_000_000_000;

/** Names of the packages that may be installed; `*` stands for any characters. If a runtime is missing, all its packages are allowed. */
export class AllowedPackagesDto {
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PATTERNS)
  @IsString({ each: true })
  @Matches(PATTERN, { each: true, message: `node ${PATTERN_RULE}` })
  node?: string[];

  /** Python packages, including `pipDependencies`. With a list, packages come only from the gateway's package indexes. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PATTERNS)
  @IsString({ each: true })
  @Matches(PATTERN, { each: true, message: `python ${PATTERN_RULE}` })
  python?: string[];
}

/** Limits of a tenant. A missing limit uses the value of the gateway's configuration; 0 means no limit. */
export class TenantLimitsDto {
  /** Maximum calls per minute of each caller. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  requestsPerPrincipal?: number;

  /** Maximum calls per minute to each server. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  requestsPerServer?: number;

  /** Maximum concurrent calls of each caller. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  callsPerPrincipal?: number;

  /** Maximum concurrent calls to each server. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  callsPerServer?: number;

  /** Maximum calls per minute of the whole tenant. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  requestsPerTenant?: number;

  /** Maximum concurrent calls of the whole tenant. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  callsPerTenant?: number;
}

/** Changes of a tenant. A given setting is replaced as a whole; the others stay. */
export class UpdateTenantDto {
  @IfGiven()
  @IsString()
  @MaxLength(128)
  displayName?: string;

  /** If false, the gateway refuses all callers of the tenant at once. Default: true. */
  @IfGiven()
  @IsBoolean()
  enabled?: boolean;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => AllowedPackagesDto)
  packages?: AllowedPackagesDto;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => TenantPolicyDto)
  policy?: TenantPolicyDto;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => TenantLimitsDto)
  limits?: TenantLimitsDto;
}

export class CreateTenantDto extends UpdateTenantDto {
  /** Name of the tenant, as AUTH_ISSUERS and API keys use it. */
  @IsString()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, {
    message: 'id must be 1 to 64 letters, digits, dots, dashes or underscores, and start with a letter or digit',
  })
  id: string;
}

export class RemovalOptionsDto {
  /** If `true`, also deletes all servers of the tenant, their packages, the users' secrets for them, and the tenant's API keys. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  force?: 'true' | 'false';
}

export class TenantDto {
  id: string;
  displayName?: string;
  enabled: boolean;
  packages?: AllowedPackagesDto;
  policy?: TenantPolicyDto;
  limits?: TenantLimitsDto;
  createdAt: string;
  updatedAt: string;
}

export class TenantAnswerDto {
  success: boolean;
  tenant: TenantDto;
}

export class TenantsAnswerDto {
  success: boolean;
  tenants: TenantDto[];
}

export class RemovedTenantDto {
  success: boolean;
}
