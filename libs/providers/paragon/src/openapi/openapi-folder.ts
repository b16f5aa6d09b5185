import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { isObject } from '@manifold/async';
import { OpenApiError } from './openapi-error.js';
import type { OperationDetails } from './operation.js';
import { readOperations, type Origin } from './read-operations.js';
import { SourceFile } from './source-file.js';
import { OpenApiSyntaxError } from './source-text.js';

const MAX_REPORTED = 20;
const DESCRIPTION = /\.(json|ya?ml)$/i;
const INTEGRATION = /^((?:custom\.)?[^.]+)\.[^.]+$/;

interface KnownFile {
  /** A fingerprint of the file. It changes if the content may have changed. */
  readonly stamp: string;
  /** The hash of the content that was read last, also if it was invalid. */
  readonly digest?: string;
  /** The operations of the last valid version. */
  readonly operations: readonly OperationDetails[];
}

/**
 * Reads the OpenAPI files of a folder. If a file becomes invalid, the operations of its last valid version stay. A half-written file or
 * a mistake therefore removes no tools. After a restart, an invalid file has no operations.
 */
export class OpenApiFolder {
  private readonly logger = new Logger(OpenApiFolder.name);
  private files: ReadonlyMap<string, KnownFile> = new Map();
  private fault?: string;

  /** @param maxBytes the largest file that is read */
  constructor(
    private readonly path: string,
    private readonly maxBytes: number,
  ) {}

  /** The operations of all files, in ascending order of file name. */
  get operations(): readonly OperationDetails[] {
    return [...this.files.values()].flatMap(({ operations }) => operations);
  }

  /**
   * Reads the files that have changed since the last call. Calls must not overlap.
   * @returns whether the operations may differ from before
   */
  async refresh(): Promise<boolean> {
    const before = this.files;
    const files = new Map<string, KnownFile>();
    for (const name of await this.names()) {
      files.set(name, await this.refreshed(name, before.get(name)));
    }
    this.files = files;
    const names = new Set([...before.keys(), ...files.keys()]);
    return [...names].some((name) => before.get(name)?.operations !== files.get(name)?.operations);
  }

  private async names(): Promise<string[]> {
    try {
      const names = await readdir(this.path);
      this.fault = undefined;
      return names.filter((name) => DESCRIPTION.test(name) && !name.startsWith('.')).sort();
    } catch (error) {
      const code = codeOf(error);
      if (this.fault !== code) {
        this.logger.warn({ msg: 'the folder of OpenAPI files cannot be read', folder: this.path, reason: code });
      }
      this.fault = code;
      // If the folder was removed, its files are removed. After other errors, such as a disk that does not respond, they stay.
      return code === 'ENOENT' || code === 'ENOTDIR' ? [] : [...this.files.keys()];
    }
  }

  private async refreshed(name: string, known: KnownFile | undefined): Promise<KnownFile> {
    const stamp = await stampOf(join(this.path, name));
    if (known?.stamp === stamp) return known;
    const operations = known?.operations ?? [];
    let digest = known?.digest;
    let source: SourceFile | undefined;
    try {
      const text = await readText(join(this.path, name), this.maxBytes);
      digest = createHash('sha256').update(text).digest('base64');
      if (digest === known?.digest) return { stamp, digest, operations };
      const origin = originOf(name);
      source = SourceFile.read(text);
      return { stamp, digest, operations: await this.read(origin, source) };
    } catch (error) {
      const kept = operations.length > 0 && { kept: `${operations.length} operations of its last good version` };
      this.logger.warn({ msg: 'an OpenAPI file cannot be used', file: name, ...reasonOf(error, source), ...kept });
      return { stamp, digest, operations };
    }
  }

  private async read(origin: Origin, source: SourceFile): Promise<OperationDetails[]> {
    const skipped: { operation: string; fault: OpenApiError }[] = [];
    const operations = await readOperations(origin, source.document, (operation, fault) =>
      skipped.push({ operation, fault }),
    );
    const { file } = origin;
    for (const { operation, fault } of skipped.slice(0, MAX_REPORTED)) {
      this.logger.warn({ msg: 'an OpenAPI operation is left out', file, operation, ...reasonOf(fault, source) });
    }
    this.logger.log({ msg: 'OpenAPI file read', file, operations: operations.length, leftOut: skipped.length });
    return operations;
  }
}

function originOf(file: string): Origin {
  const integration = INTEGRATION.exec(file)?.[1];
  if (integration !== undefined) return { file, integration };
  throw new OpenApiError('its name is neither <integration>.json nor custom.<name>.json (or .yaml, .yml)');
}

/** Returns the stamp of a file. It also changes if the file is replaced, or if its link points to another file. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [ino, size, mtimeMs, ctimeMs].join();
  } catch (error) {
    return codeOf(error);
  }
}

async function readText(path: string, maxBytes: number): Promise<string> {
  const { size } = await statOf(path);
  if (size > maxBytes) throw new OpenApiError(`it has ${size} bytes; OPENAPI_FILE_LIMIT allows ${maxBytes}`);
  return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
}

async function statOf(path: string): Promise<{ size: number }> {
  const found = await stat(path);
  // Reading a named pipe could block forever.
  if (!found.isFile()) throw new OpenApiError('it is not a file');
  return found;
}

function reasonOf(error: unknown, source: SourceFile | undefined): { line?: number; reason: string } {
  if (error instanceof OpenApiSyntaxError) return { line: error.line, reason: error.message };
  if (error instanceof OpenApiError) return { line: source?.lineOf(error), reason: error.message };
  return { reason: isObject(error) ? String(error.message) : String(error) };
}

/** Returns the code of a file system error. */
const codeOf = (error: unknown): string => (isObject(error) && typeof error.code === 'string' ? error.code : 'unknown');
