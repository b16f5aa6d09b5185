import { userInfo } from 'node:os';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditLog, AuditLogModule } from '@manifold/audit';
import { tupleKey } from '@manifold/async';
import { DEFAULT_TENANT } from '@manifold/auth';
import { COMMAND_LINE_ISSUER, ConfigModule, type Config } from '@manifold/config';
import { StoreModule } from '@manifold/store';
import type { CommandEntry } from './audited-action.js';

@Module({})
class CommandAuditModule {}

/**
 * Writes an entry about a command to the audit log of the tenant `default`, in the name of the user of the operating system who ran it.
 * @returns whether the database accepted it
 */
export async function writeCommandEntry(config: Config, entry: CommandEntry): Promise<boolean> {
  const imports = [ConfigModule.forRoot(config), StoreModule, AuditLogModule];
  const module = { module: CommandAuditModule, imports };
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    const log = context.get(AuditLog, { strict: false });
    const { command, target, outcome, code, ms } = entry;
    log.append({
      time: Date.now(),
      tenant: DEFAULT_TENANT,
      principal: tupleKey(DEFAULT_TENANT, COMMAND_LINE_ISSUER, operatingSystemUser()),
      authMethod: COMMAND_LINE_ISSUER,
      action: `admin ${command}`,
      resource: resourceOf(target),
      decision: 'allowed',
      outcome,
      code,
      ms,
    });
    return await log.flush();
  } finally {
    await context.close();
  }
}

function resourceOf(target: CommandEntry['target']): string | undefined {
  const pairs = Object.entries(target).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? undefined : pairs.join(' ');
}

/** Returns the name of the user, or the number where the system has no name for it, as in many containers. */
function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
