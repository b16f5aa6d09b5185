import { CommanderError } from 'commander';
import { readable } from './smoke/smoke-step.js';
import { smokeProgram } from './smoke/smoke-command.js';

const FAILED = 1;
const WRONG_USAGE = 2;

/** Ends the process even if a connection to the gateway is still open: CI waits for its end. */
const end = (code: number): void => void process.stdout.write('', () => process.exit(code));

smokeProgram(
  (line) => process.stdout.write(`${line}\n`),
  (passed) => end(passed ? 0 : FAILED),
)
  .exitOverride()
  .parseAsync()
  .catch((error: unknown) => {
    if (error instanceof CommanderError) return end(error.exitCode === 0 ? 0 : WRONG_USAGE);
    process.stderr.write(`${readable(error)}\n`);
    end(FAILED);
  });
