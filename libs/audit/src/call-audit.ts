import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ToolRegistry, type EndedCall } from '@manifold/tool-registry';
import { ArgumentsDigest } from './arguments-digest.js';
import { AuditLog } from './audit-log.js';
import { callReason } from './call-reason.js';

/** Codes of calls that the gateway itself refuses. All other calls were attempted. */
const REFUSALS: readonly string[] = [
  'unknown_tool',
  'not_allowed',
  'permission_denied',
  'server_unknown',
  'server_disabled',
];

/** Logs every tool call over MCP and REST: allowed, refused and failed ones. */
@Injectable()
export class CallAudit implements OnModuleInit, OnApplicationShutdown {
  private unsubscribe?: () => void;

  constructor(
    private readonly log: AuditLog,
    private readonly registry: ToolRegistry,
    private readonly digest: ArgumentsDigest,
  ) {}

  onModuleInit(): void {
    if (this.log.isOn) this.unsubscribe = this.registry.onCallEnded((call) => this.ended(call));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  private ended({ app, tool, args, context, outcome, milliseconds, failure }: EndedCall): void {
    const { principal, requestId, origin } = context;
    const isRefused = REFUSALS.includes(outcome);
    this.log.append({
      time: Date.now(),
      requestId,
      tenant: principal.tenant,
      principal: principal.key,
      actor: origin?.actor,
      authMethod: principal.method,
      action: 'tools/call',
      server: app,
      tool,
      decision: isRefused ? 'denied' : 'allowed',
      outcome: outcome === 'ok' ? 'ok' : isRefused ? 'refused' : 'failed',
      code: outcome === 'ok' ? undefined : outcome,
      reason: failure && callReason(outcome, failure, args),
      ms: Math.round(milliseconds * 10) / 10,
      source: origin?.address,
      argumentsHash: this.digest.of(args),
    });
  }
}
