import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import { IfGiven } from '@manifold/rest';

export const RUNTIMES = ['npm', 'python', 'remote', 'other'] as const;
const SOURCES = ['bundled', 'registry'] as const;
const INSTALL_PATHS = ['/packages/install', '/mcp/servers'] as const;

export class CatalogQueryDto {
  /** Words to look for in names, titles and descriptions. All servers without it. */
  @IfGiven()
  @IsString()
  @MaxLength(200)
  query?: string;

  /** Servers of one answer, 1 to 100; 20 unless given. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @IfGiven()
  @IsString()
  @Matches(/^([1-9]\d?|100)$/, { message: 'limit must be a whole number from 1 to 100' })
  limit?: string;

  /** `nextCursor` of the answer before, with the same query. */
  @IfGiven()
  @IsString()
  @MaxLength(1_100)
  cursor?: string;
}

/** A secret that each user stores for the server. The install body says how the server gets it. */
export class NeededSecretDto {
  /** Under this name it is stored. */
  name: string;
  purpose: string;

  /** Where to get it: a page, or words. */
  from?: string;

  /** The server works without it, too. */
  optional?: boolean;
}

/** A part of the install body that is to be filled in. */
export class NeededArgumentDto {
  /** The text in the body that is to be replaced, such as `{folder}`. */
  placeholder: string;
  purpose: string;
  example?: string;
}

export class CatalogNeedsDto {
  secrets: NeededSecretDto[];
  arguments: NeededArgumentDto[];

  /** Each user signs in with the server. */
  @ApiPropertyOptional({ enum: ['oauth'] })
  signIn?: 'oauth';
}

/** How to install or register the server: a request that is ready but for its placeholders. */
export class CatalogInstallDto {
  @ApiProperty({ enum: ['POST'] })
  method: 'POST';

  @ApiProperty({ enum: INSTALL_PATHS })
  path: (typeof INSTALL_PATHS)[number];

  @ApiProperty({ type: 'object', additionalProperties: true })
  body: Record<string, unknown>;
}

/** A server that could be installed. */
export class CatalogServerDto {
  /** Where the gateway knows it from. What a registry says was written by the publisher of the server. */
  @ApiProperty({ enum: SOURCES })
  source: (typeof SOURCES)[number];

  name: string;
  title: string;
  description: string;
  homepage?: string;

  /** `other`: the gateway cannot run it, so there is no install body. */
  @ApiProperty({ enum: RUNTIMES })
  runtime: (typeof RUNTIMES)[number];

  /** Name in the npm registry or on PyPI. */
  package?: string;

  /** Endpoint of a remote server. */
  url?: string;

  needs: CatalogNeedsDto;

  /** What to know before it is installed. */
  note?: string;

  install?: CatalogInstallDto;
}

export class CatalogAnswerDto {
  success: boolean;

  /** The best first; those of a registry after the bundled ones. */
  servers: CatalogServerDto[];

  /** There may be more. */
  nextCursor?: string;

  /** Why servers may be missing. */
  warnings?: string[];
}
