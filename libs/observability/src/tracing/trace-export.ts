import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Egress } from '@manifold/egress';
import type { OtlpSpans } from './otlp-spans.js';
import { Tracing } from './tracing.js';

/** Timeouts in milliseconds for one export, and for the last exports at a shutdown. */
const EXPORT_LIMIT_MS = 10_000;
const SHUTDOWN_LIMIT_MS = 2_000;

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP, JSON) if one is configured. OpenTelemetry's packages are loaded only then,
 * because loading takes a third of a second. If the collector does not answer, spans are lost and nothing else is affected.
 */
@Injectable()
export class TraceExport implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(TraceExport.name);
  private spans?: OtlpSpans;
  private isFailing = false;

  constructor(
    private readonly config: Config,
    private readonly egress: Egress,
    private readonly tracing: Tracing,
  ) {}

  async onModuleInit(): Promise<void> {
    const settings = this.config.tracing;
    if (!settings) return;
    const { OtlpSpans } = await import('./otlp-spans.js');
    this.spans = new OtlpSpans(settings, (body) => this.send(body, settings.endpoint, settings.headers));
    this.tracing.use(this.spans);
  }

  async onApplicationShutdown(): Promise<void> {
    const late = pause(SHUTDOWN_LIMIT_MS, undefined, { ref: false });
    await Promise.race([this.spans?.close(), late]);
  }

  private async send(body: string, url: string, headers: Readonly<Record<string, string>>): Promise<void> {
    try {
      const { status } = await this.egress.request(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        policy: 'configured',
        signal: AbortSignal.timeout(EXPORT_LIMIT_MS),
      });
      if (status >= 300) throw new Error(`The collector answered ${status}`);
      this.isFailing = false;
    } catch (err) {
      if (!this.isFailing) this.logger.warn({ msg: 'traces cannot be exported', err });
      this.isFailing = true;
      throw err;
    }
  }
}
