import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { StoreUnavailableError } from '../collection.js';
import { timedSync } from '../operation-times.js';

type Parameter = string | number | null;
type Statement = Database.Statement<Parameter[]>;

/** Milliseconds that a statement waits while another process writes. */
const BUSY_TIMEOUT = 5000;

/** Error codes of a database that cannot serve now: busy, locked, read-only, I/O error, damaged, full, or it cannot be opened. */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|READONLY|IOERR|CORRUPT|NOTADB|FULL|CANTOPEN|PERM|PROTOCOL)/;

/** A connection to a database file with its prepared statements. It is opened at its first use. */
export class SqliteConnection {
  private database?: Database.Database;
  private closed = false;
  private readonly statements = new Map<string, Statement>();

  /**
   * @param synchronous FULL: acknowledged writes survive a loss of power; NORMAL: they survive the end of the process, and need no fsync
   * each
   */
  constructor(
    private readonly file: string,
    private readonly synchronous: 'FULL' | 'NORMAL' = 'FULL',
  ) {}

  /** Opens the database. Creates the file and its folder, if missing, for this user only. @throws StoreUnavailableError */
  open(): Database.Database {
    if (this.closed) throw new StoreUnavailableError('The database is closed');
    this.database ??= this.translateErrors(() => this.connect());
    return this.database;
  }

  execute(sql: string): void {
    const database = this.open();
    this.translateErrors(() => database.exec(sql));
  }

  /** @returns how many rows the statement changed */
  run(sql: string, ...parameters: Parameter[]): number {
    const statement = this.prepare(sql);
    return this.translateErrors(() => timedSync('sqlite', () => statement.run(...parameters).changes));
  }

  all<Row>(sql: string, ...parameters: Parameter[]): Row[] {
    const statement = this.prepare(sql);
    return this.translateErrors(() => timedSync('sqlite', () => statement.all(...parameters) as Row[]));
  }

  close(): void {
    this.closed = true;
    this.statements.clear();
    this.database?.close();
    this.database = undefined;
  }

  private connect(): Database.Database {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    // SQLite gives its other files the mode of this one. An existing file is not touched: another connection may have it open. Closing any
    // descriptor of a file releases all locks of the process on it (POSIX), including those of SQLite.
    if (!existsSync(this.file)) closeSync(openSync(this.file, 'a', 0o600));
    const database = new Database(this.file, { timeout: BUSY_TIMEOUT });
    try {
      database.pragma('journal_mode = WAL');
      database.pragma(`synchronous = ${this.synchronous}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private prepare(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const database = this.open();
    const statement = this.translateErrors(() => database.prepare<Parameter[]>(sql));
    this.statements.set(sql, statement);
    return statement;
  }

  private translateErrors<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (isUnavailable(error)) throw new StoreUnavailableError('The SQLite database cannot be used', { cause: error });
      throw error;
    }
  }
}

/** Tells whether the database cannot serve now. An error on opening the file has no SQLite code, or one of the operating system. */
function isUnavailable(error: unknown): boolean {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  return syscall !== undefined || message.startsWith('ConnectionFailed') || UNAVAILABLE.test(code ?? '');
}

/** Tells whether a unique index or the primary key refused the statement. */
export const isDuplicate = (error: unknown): boolean =>
  /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test((error as NodeJS.ErrnoException).code ?? '');
