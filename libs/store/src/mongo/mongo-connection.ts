import { Injectable } from '@nestjs/common';
import { InjectConnection, type MongooseModuleFactoryOptions } from '@nestjs/mongoose';
import { STATES, type Connection, type ConnectOptions } from 'mongoose';
import { Config, type MongoConfig } from '@manifold/config';
import { DEADLINE, DEADLINE_AT_START } from './mongo-errors.js';

/**
 * Returns the options of the connection. An unreachable server is detected within the deadline, and a silent connection is closed soon
 * after.
 */
export const connectOptions = ({ dbName }: MongoConfig): ConnectOptions => ({
  dbName,
  serverSelectionTimeoutMS: DEADLINE,
  connectTimeoutMS: DEADLINE,
  socketTimeoutMS: 10_000,
  waitQueueTimeoutMS: DEADLINE, // callers have given up by then: a slow database gathers no queue
  heartbeatFrequencyMS: 2000,
  writeConcern: { w: 'majority', journal: true },
  bufferCommands: false,
});

/** Returns the options with which MongooseModule starts without a database: it connects in the background. */
export function mongooseOptions({ mongo }: Config): MongooseModuleFactoryOptions {
  if (!mongo) throw new Error('MongoDB is not configured');
  return {
    ...connectOptions(mongo),
    uri: mongo.url,
    lazyConnection: true,
    connectionFactory: withoutUnhandledRejection,
  };
}

/**
 * Prevents a failed first connection from ending the process. `MongoConnection.ready` reports the failure to code that needs the database.
 */
function withoutUnhandledRejection(connection: Connection): Connection {
  connection.asPromise().catch(() => undefined);
  return connection;
}

/**
 * The connection to MongoDB. That of @nestjs/mongoose gives up when its first attempt fails; this class tries again whenever the connection
 * is needed.
 */
@Injectable()
export class MongoConnection {
  /** The current time limit of an operation, in milliseconds. */
  deadlineMs = DEADLINE_AT_START;
  private readonly mongo: MongoConfig;
  private connecting?: Promise<unknown>;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    config: Config,
  ) {
    if (!config.mongo) throw new Error('MongoDB is not configured');
    this.mongo = config.mongo;
  }

  /** Marks the gateway as started. From now on clients wait for operations, so the shorter time limit applies. */
  started(): void {
    this.deadlineMs = DEADLINE;
  }

  /**
   * Returns the connected database. After the first connection the driver reconnects by itself.
   * @param secret selects the database of the secrets
   * @throws errors of Mongoose and the driver
   */
  async ready(secret = false): Promise<Connection> {
    if (!this.connection.db) {
      this.connecting ??= this.connect().finally(() => (this.connecting = undefined));
      await this.connecting;
    }
    const { dbName, secretsDbName } = this.mongo;
    return secret && secretsDbName !== dbName
      ? this.connection.useDb(secretsDbName, { useCache: true })
      : this.connection;
  }

  private connect(): Promise<unknown> {
    if (this.connection.readyState === STATES.connecting) return this.connection.asPromise();
    return this.connection.openUri(this.mongo.url, connectOptions(this.mongo));
  }
}
