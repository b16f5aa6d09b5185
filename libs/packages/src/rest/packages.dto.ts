import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Length, Matches, MaxLength } from 'class-validator';
import { IfGiven, IgnoresUnknown, WarningsDto } from '@manifold/rest';
import { GivenServerDto, SERVER_NAME, SERVER_NAME_RULE } from '@manifold/server-model';

const RUNTIMES = ['node', 'python'] as const;

/**
 * Package to install, and the server that runs it. The settings of the server are those of `POST /mcp/servers`. Fields that are not known
 * are ignored, and named in the `warnings` of the answer.
 */
@IgnoresUnknown()
export class InstallPackageDto extends GivenServerDto {
  /** Name of the package in its registry: npm or, if `runtime` is `python`, a package index. */
  @IsString()
  @Length(1, 214)
  name: string;

  /** Version, range or tag. Default: the newest version. */
  @IfGiven()
  @IsString()
  @Length(1, 128)
  version?: string;

  /**
   * Name of the server that is registered for the package; unique in the tenant. Default: the name of the package, without its scope.
   */
  @IfGiven()
  @IsString()
  @Matches(SERVER_NAME, { message: `serverName ${SERVER_NAME_RULE}` })
  serverName?: string;

  /** Runtime of the package. Default: `node`. */
  @ApiPropertyOptional({ enum: RUNTIMES })
  @IfGiven()
  @IsIn(RUNTIMES)
  runtime?: (typeof RUNTIMES)[number];

  /** Whether the package may run its install scripts or build from source. Default: false. */
  @IfGiven()
  @IsBoolean()
  allowScripts?: boolean;

  /** Accepted, and without effect: an install does not fail because of warnings. */
  @IfGiven()
  @IsBoolean()
  failOnWarning?: boolean;

  /** python: the module to run. Default: the console script `command`, or the one with the package's name, or the only one. */
  @IfGiven()
  @IsString()
  @MaxLength(256)
  pythonModule?: string;

  /** python: arguments of the module or script. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @MaxLength(32_768, { each: true })
  pythonArgs?: string[];

  /** python: URL of the package index, stored for upgrades. Default: PIP_INDEX_URL. */
  @IfGiven()
  @IsString()
  @MaxLength(2048)
  pipIndexUrl?: string;

  /** python: URL of a second index, stored for upgrades. Default: PIP_EXTRA_INDEX_URL. */
  @IfGiven()
  @IsString()
  @MaxLength(2048)
  pipExtraIndexUrl?: string;

  /** python: further packages, each a name with an optional version: `httpx>=0.27`. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  pipDependencies?: string[];
}

/** Fields that are not known are ignored, and named in the `warnings` of the answer. */
@IgnoresUnknown()
export class UpgradePackageDto {
  /** Version, range or tag. Default: the newest version. */
  @IfGiven()
  @IsString()
  @Length(1, 128)
  version?: string;
}

/** Installed package. */
export class PackageDto {
  /** Name of the package. */
  name: string;

  /** Version that the server runs, as resolved at the install. */
  version: string;

  /** Newest version that the gateway knows of. */
  latestVersion?: string;
  updateAvailable: boolean;
  /** Folder of the install on the replica that answers. */
  installPath: string;

  /** python: the same as `installPath`. */
  venvPath?: string;

  @ApiProperty({ enum: RUNTIMES })
  runtime: (typeof RUNTIMES)[number];

  @ApiProperty({
    enum: ['installed', 'upgrading', 'missing'],
    description: '`missing`: its files do not exist. Reported only if the gateway has a single replica',
  })
  status: 'installed' | 'upgrading' | 'missing';

  /** Time of the install (ISO 8601). */
  installed: string;
  lastUpgraded?: string;

  /** Name of the server that runs the package. */
  mcpServerId: string;
  enabled: boolean;

  /** npm: integrity of the tarball. */
  integrity?: string;

  /** npm: why the publisher no longer recommends this version, as of its install. */
  deprecated?: string;
  pythonModule?: string;
}

export class PackageAnswerDto extends WarningsDto {
  success: boolean;
  package: PackageDto;
}

export class PackagesAnswerDto extends WarningsDto {
  success: boolean;
  packages: PackageDto[];
}

export class PackageAndServerAnswerDto extends PackageAnswerDto {
  /** The server, as in the answer of `GET /mcp/servers/{name}`. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  server: object;

  /** Says that the server does not run, and why. The package may be no MCP server, or need settings. */
  warning?: string;
}

export class UpdateDto {
  serverName: string;
  currentVersion: string;
  latestVersion?: string;
  updateAvailable: boolean;

  /** Reason why the newest version is not known. */
  error?: string;
}

export class UpdatesAnswerDto extends WarningsDto {
  success: boolean;
  updates: UpdateDto[];
}

export class UpgradeResultDto {
  serverName: string;
  success: boolean;
  error?: string;
}

export class UpgradeResultsAnswerDto {
  success: boolean;
  results: UpgradeResultDto[];
}

export class PackageDoneAnswerDto {
  success: boolean;
}
