import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { SustainedDelay } from './sustained-delay.js';

const RESOLUTION_MS = 10;
/** Milliseconds over which the delay is averaged. */
const LOOK_MS = 500;

/** Tells whether this process is overloaded. */
@Injectable()
export class Overload implements OnModuleInit, OnApplicationShutdown {
  private delay?: IntervalHistogram;
  private readonly sustained = new SustainedDelay();
  private timer?: NodeJS.Timeout;
  private calls = (): number => 0;

  constructor(private readonly config: Config) {}

  onModuleInit(): void {
    if (this.config.limits.loopDelayMs === 0) return;
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.delay.enable();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.delay?.disable();
  }

  /** @param read returns the number of running requests */
  countCalls(read: () => number): void {
    this.calls = read;
  }

  get isOver(): boolean {
    const { calls, loopDelayMs } = this.config.limits;
    return (calls > 0 && this.calls() >= calls) || (loopDelayMs > 0 && this.sustained.ms > loopDelayMs);
  }

  private look(): void {
    const { mean } = this.delay!;
    this.sustained.add(Number.isNaN(mean) ? 0 : mean / 1e6 - RESOLUTION_MS);
    this.delay!.reset();
  }
}
