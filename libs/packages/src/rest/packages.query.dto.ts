import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Matches } from 'class-validator';
import { IfGiven, IgnoresUnknown } from '@manifold/rest';
import { SERVER_NAME, SERVER_NAME_RULE } from '@manifold/server-model';

@IgnoresUnknown()
export class PackagesQueryDto {
  /** `true`: the gateway asks the registry for the newest version before it answers. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  checkUpdates?: 'true' | 'false';
}

@IgnoresUnknown()
export class UpdatesQueryDto {
  /** Name of a server. Only its package is checked. */
  @IfGiven()
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name?: string;
}
