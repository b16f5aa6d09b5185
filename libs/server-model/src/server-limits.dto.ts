import { IsInt, Max, Min } from 'class-validator';
import { IfGiven } from '@manifold/rest';

/** stdio: limits of one process of the server, including the processes that it starts. Unless given, the gateway's settings apply. */
export class ServerLimitsDto {
  /** Resident memory in MiB of the process and all that it starts. A server that uses more is stopped. */
  @IfGiven()
  @IsInt()
  @Min(16)
  @Max(1_048_576)
  memoryMb?: number;

  /** Open files of each process. */
  @IfGiven()
  @IsInt()
  @Min(32)
  @Max(1_048_576)
  openFiles?: number;

  /** Number of processes. If there are more, all of them are stopped. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(100_000)
  processes?: number;
}
