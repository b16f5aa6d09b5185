import { Logger } from '@nestjs/common';

// Nest's default logger writes to the terminal. A spec that checks the log uses its own logger.
Logger.overrideLogger(false);
