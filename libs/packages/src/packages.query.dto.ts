import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Matches } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { SERVER_NAME, SERVER_NAME_RULE } from '@manifold/server-hosting';

export class PackagesQueryDto {
  /** `true`: ask the registry for the newest version before answering. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  checkUpdates?: 'true' | 'false';
}

export class UpdatesQueryDto {
  /** Only the package of this server. */
  @IfGiven()
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name?: string;
}
