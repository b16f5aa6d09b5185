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

const PATTERN = /^[A-Za-z0-9@/._*-]{1,256}$/;
const PATTERN_RULE = 'must be names of packages, in which * stands for any characters';
const MOST_PATTERNS = 500;
const HIGHEST = 1_000_000_000;

/** Packages that may be installed, by name; `*` stands for any characters. A runtime that is not given: all. */
export class AllowedPackagesDto {
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PATTERNS)
  @IsString({ each: true })
  @Matches(PATTERN, { each: true, message: `node ${PATTERN_RULE}` })
  node?: string[];

  /** Also of `pipDependencies`. With a list, packages come from the indexes of the gateway alone. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST_PATTERNS)
  @IsString({ each: true })
  @Matches(PATTERN, { each: true, message: `python ${PATTERN_RULE}` })
  python?: string[];
}

/** What is not given is as the gateway is configured; 0: no limit. */
export class TenantLimitsDto {
  /** Calls in a minute of each caller. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  requestsPerPrincipal?: number;

  /** Calls in a minute for each server. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  requestsPerServer?: number;

  /** Calls at a time of each caller. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  callsPerPrincipal?: number;

  /** Calls at a time for each server. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  callsPerServer?: number;

  /** Calls in a minute of the whole tenant. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  requestsPerTenant?: number;

  /** Calls at a time of the whole tenant. */
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(HIGHEST)
  callsPerTenant?: number;
}

/** Only what is given is changed, each as a whole. */
export class UpdateTenantDto {
  @IfGiven()
  @IsString()
  @MaxLength(128)
  displayName?: string;

  /** False: all callers of the tenant are refused, at once. True unless given. */
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
  @Type(() => TenantLimitsDto)
  limits?: TenantLimitsDto;
}

export class CreateTenantDto extends UpdateTenantDto {
  /** As AUTH_ISSUERS and API keys name it. */
  @IsString()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, {
    message: 'id must be 1 to 64 letters, digits, dots, dashes or underscores, and start with a letter or digit',
  })
  id: string;
}

export class RemovalOptionsDto {
  /** `true`: with all its servers, their packages and the users' secrets for them, and with its API keys. */
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
