import { Global, Module } from '@nestjs/common';
import { Launcher } from './launcher.js';

/** Starts foreign programs. Needs the global module that provides Config. */
@Global()
@Module({ providers: [Launcher], exports: [Launcher] })
export class LauncherModule {}
