import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ParagonConfig } from '@manifold/config';
import { OpenApiFolder } from './openapi-folder.js';
import { NamedOperation, type OpenApiOperation } from './operation.js';
import { uniqueNames } from './tool-names.js';

/** Polling interval. Files are polled because Kubernetes swaps links, and not every mounted file system reports changes. */
const INTERVAL_MS = 2_000;
const MAX_SELECTIONS = 100;

/**
 * Offers the operations in the project's OpenAPI folder as tools.
 *
 * Lifecycle: 1. `onModuleInit` reads the folder, if one is configured; a missing folder causes a warning. 2. Every two seconds the service
 * checks for changes. 3. `onApplicationShutdown` ends the checks, also after an incomplete start.
 */
@Injectable()
export class OpenApiActions implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(OpenApiActions.name);
  private readonly folder?: OpenApiFolder;
  private readonly listeners = new Set<() => void>();
  private readonly selections = new LRUCache<string, readonly OpenApiOperation[]>({ max: MAX_SELECTIONS });
  private all: readonly OpenApiOperation[] = [];
  private timer?: NodeJS.Timeout;
  private refreshing?: Promise<void>;
  private stopped = false;

  constructor(project: ParagonConfig) {
    if (project.openApiDir !== undefined) this.folder = new OpenApiFolder(project.openApiDir, project.openApiFileBytes);
  }

  async onModuleInit(): Promise<void> {
    if (!this.folder) return;
    await this.refresh(this.folder);
    this.schedule(this.folder);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.refreshing;
  }

  /** Returns the operations of the active integrations, in a stable order. Until the files change, the array is the same object. */
  operations(active: ReadonlySet<string>): readonly OpenApiOperation[] {
    const described = [...new Set(this.all.map(({ integration }) => integration))].filter((name) => active.has(name));
    const key = JSON.stringify(described);
    const known = this.selections.get(key);
    if (known) return known;
    const selection = this.all.filter(({ integration }) => active.has(integration));
    this.selections.set(key, selection);
    return selection;
  }

  /** @returns a function that ends the subscription */
  onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private schedule(folder: OpenApiFolder): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.refreshing = this.refresh(folder)
        .catch((err: unknown) => this.logger.error({ msg: 'the OpenAPI files could not be read again', err }))
        .finally(() => this.schedule(folder));
    }, INTERVAL_MS).unref();
  }

  private async refresh(folder: OpenApiFolder): Promise<void> {
    if (!(await folder.refresh())) return;
    // Names are made for all files, so that tools keep their names when another integration becomes active.
    const names = uniqueNames(folder.operations);
    this.all = folder.operations.map((details, index) => new NamedOperation(names[index]!, details));
    this.selections.clear();
    for (const listener of this.listeners) listener();
  }
}
