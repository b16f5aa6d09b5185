import { IsInt, Max, Min } from 'class-validator';
import { IfGiven } from '@manifold/rest';

/** stdio: what one process of the server may use, with everything that it starts. What is not given is as the gateway is configured. */
export class ServerLimitsDto {
  /** Resident memory in MiB. More, and the process is stopped. */
  @IfGiven()
  @IsInt()
  @Min(16)
  @Max(1_048_576)
  memoryMb?: number;

  /** Open files of each single process. */
  @IfGiven()
  @IsInt()
  @Min(32)
  @Max(1_048_576)
  openFiles?: number;

  /** More processes than this, and all of them are stopped. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(100_000)
  processes?: number;
}
