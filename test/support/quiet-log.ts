import { Logger } from '@nestjs/common';

// Nest's default logger writes to the terminal; a spec that reads the log brings its own.
Logger.overrideLogger(false);
