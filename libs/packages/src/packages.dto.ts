import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Length, Matches, MaxLength } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { SERVER_NAME, SERVER_NAME_RULE, ServerSettingsDto } from '@manifold/server-hosting';

const RUNTIMES = ['node', 'python'] as const;

/** A package to install, and the server that is to run it: its settings are those of `POST /mcp/servers`. */
export class InstallPackageDto extends ServerSettingsDto {
  /** Of the package in its registry: npm, or for `runtime` python a package index. */
  @IsString()
  @Length(1, 214)
  name: string;

  /** A version, a range or a tag; the newest unless given. */
  @IfGiven()
  @IsString()
  @Length(1, 128)
  version?: string;

  /** The server that is registered for the package; unique in the tenant. */
  @IsString()
  @Matches(SERVER_NAME, { message: `serverName ${SERVER_NAME_RULE}` })
  serverName: string;

  /** `node` unless given. */
  @ApiPropertyOptional({ enum: RUNTIMES })
  @IfGiven()
  @IsIn(RUNTIMES)
  runtime?: (typeof RUNTIMES)[number];

  /** Let the package run its install scripts, or build from source. False unless given. */
  @IfGiven()
  @IsBoolean()
  allowScripts?: boolean;

  /** Needed for python: the module to run. */
  @IfGiven()
  @IsString()
  @MaxLength(256)
  pythonModule?: string;

  /** python: arguments of the module. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @MaxLength(32_768, { each: true })
  pythonArgs?: string[];

  /** python: the package index, kept for upgrades. PIP_INDEX_URL unless given. */
  @IfGiven()
  @IsString()
  @MaxLength(2048)
  pipIndexUrl?: string;

  /** python: a second index, kept for upgrades. PIP_EXTRA_INDEX_URL unless given. */
  @IfGiven()
  @IsString()
  @MaxLength(2048)
  pipExtraIndexUrl?: string;

  /** python: further packages, each a name that a version may follow: `httpx>=0.27`. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  pipDependencies?: string[];
}

export class UpgradePackageDto {
  /** A version, a range or a tag; the newest unless given. */
  @IfGiven()
  @IsString()
  @Length(1, 128)
  version?: string;
}

/** An installed package. */
export class PackageDto {
  /** Of the package. */
  name: string;

  /** The one that runs, as resolved at the install. */
  version: string;

  /** The newest one, as far as the gateway knows. */
  latestVersion?: string;
  updateAvailable: boolean;
  /** On the replica that answers. */
  installPath: string;

  /** python: the same as `installPath`. */
  venvPath?: string;

  @ApiProperty({ enum: RUNTIMES })
  runtime: (typeof RUNTIMES)[number];

  @ApiProperty({
    enum: ['installed', 'upgrading', 'missing'],
    description: '`missing`: its files are not there, where there is one process',
  })
  status: 'installed' | 'upgrading' | 'missing';

  /** ISO 8601. */
  installed: string;
  lastUpgraded?: string;

  /** The server that runs it. */
  mcpServerId: string;
  enabled: boolean;

  /** npm: of the tarball. */
  integrity?: string;
  pythonModule?: string;
}

export class PackageAnswerDto {
  success: boolean;
  package: PackageDto;
}

export class PackagesAnswerDto {
  success: boolean;
  packages: PackageDto[];
}

export class PackageAndServerAnswerDto extends PackageAnswerDto {
  /** As `GET /mcp/servers/{name}` shows it. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  server: object;
}

export class UpdateDto {
  serverName: string;
  currentVersion: string;
  latestVersion?: string;
  updateAvailable: boolean;

  /** Why the newest version is not known. */
  error?: string;
}

export class UpdatesAnswerDto {
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
