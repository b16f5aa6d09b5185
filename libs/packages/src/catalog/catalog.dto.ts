import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import { IfGiven } from '@manifold/rest';

export const RUNTIMES = ['npm', 'python', 'remote', 'other'] as const;
const SOURCES = ['bundled', 'registry'] as const;
const INSTALL_PATHS = ['/packages/install', '/mcp/servers'] as const;

export class CatalogQueryDto {
  /** Words to search for in names, titles and descriptions. Without it, the answer lists all servers. */
  @IfGiven()
  @IsString()
  @MaxLength(200)
  query?: string;

  /** Maximum number of servers in the answer, 1 to 100. Default: 20. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @IfGiven()
  @IsString()
  @Matches(/^([1-9]\d?|100)$/, { message: 'limit must be a whole number from 1 to 100' })
  limit?: string;

  /** `nextCursor` of the previous answer to the same query. */
  @IfGiven()
  @IsString()
  @MaxLength(1_100)
  cursor?: string;
}

/** Secret that each user stores for the server. The install body says how the gateway passes it to the server. */
export class NeededSecretDto {
  /** Name under which the user stores the secret. */
  name: string;
  purpose: string;

  /** Where the user gets the secret: the URL of a page, or a description. */
  from?: string;

  /** True if the server also works without the secret. */
  optional?: boolean;
}

/** Placeholder in the install body that the operator must replace. */
export class NeededArgumentDto {
  /** Text in the body that must be replaced, such as `{folder}`. */
  placeholder: string;
  purpose: string;
  example?: string;
}

export class CatalogNeedsDto {
  secrets: NeededSecretDto[];
  arguments: NeededArgumentDto[];

  /** `oauth`: each user signs in at the server. */
  @ApiPropertyOptional({ enum: ['oauth'] })
  signIn?: 'oauth';
}

/** Request that installs or registers the server. It is complete except for its placeholders. */
export class CatalogInstallDto {
  @ApiProperty({ enum: ['POST'] })
  method: 'POST';

  @ApiProperty({ enum: INSTALL_PATHS })
  path: (typeof INSTALL_PATHS)[number];

  @ApiProperty({ type: 'object', additionalProperties: true })
  body: Record<string, unknown>;
}

/** Server that can be installed. */
export class CatalogServerDto {
  /** Source of the entry. The texts of a `registry` entry were written by the publisher of the server. */
  @ApiProperty({ enum: SOURCES })
  source: (typeof SOURCES)[number];

  name: string;
  title: string;
  description: string;
  homepage?: string;

  /** `other`: the gateway cannot run the server, so there is no install body. */
  @ApiProperty({ enum: RUNTIMES })
  runtime: (typeof RUNTIMES)[number];

  /** Name of the package in the npm registry or on PyPI. */
  package?: string;

  /** Endpoint of a remote server. */
  url?: string;

  needs: CatalogNeedsDto;

  /** Information to read before the install. */
  note?: string;

  /** Why there is no install body. */
  reason?: string;

  install?: CatalogInstallDto;
}

export class CatalogAnswerDto {
  success: boolean;

  /** Matching servers, best match first. Bundled servers come before those of the registry. */
  servers: CatalogServerDto[];

  /** Cursor of the next page. Set if there may be more servers. */
  nextCursor?: string;

  /** Reasons why servers may be missing from the answer. */
  warnings?: string[];
}
