import { Injectable } from '@nestjs/common';
import { InjectConnection, type MongooseModuleFactoryOptions } from '@nestjs/mongoose';
import { STATES, type Connection, type ConnectOptions } from 'mongoose';
import { Config, type MongoConfig } from '@manifold/config';
import { DEADLINE, DEADLINE_AT_START } from './mongo-errors.js';

/** An unreachable server is noticed within the deadline, and a connection that has gone silent is given up soon after. */
const connectOptions = ({ dbName }: MongoConfig): ConnectOptions => ({
  dbName,
  serverSelectionTimeoutMS: DEADLINE,
  connectTimeoutMS: DEADLINE,
  socketTimeoutMS: 10_000,
  waitQueueTimeoutMS: DEADLINE, // nobody waits for the answer any more: a slow database gathers no queue
  heartbeatFrequencyMS: 2000,
  writeConcern: { w: 'majority', journal: true },
  bufferCommands: false,
});

/** What MongooseModule needs to start without a database: the first connection is tried in the background. */
export function mongooseOptions({ mongo }: Config): MongooseModuleFactoryOptions {
  if (!mongo) throw new Error('MongoDB is not configured');
  return {
    ...connectOptions(mongo),
    uri: mongo.url,
    lazyConnection: true,
    connectionFactory: withoutUnhandledRejection,
  };
}

/** A first connection that fails would end the process. Whoever needs the database hears of it through `MongoConnection.ready`. */
function withoutUnhandledRejection(connection: Connection): Connection {
  connection.asPromise().catch(() => undefined);
  return connection;
}

/** The connection of @nestjs/mongoose, which gives up when its first attempt fails; this one tries again whenever it is needed. */
@Injectable()
export class MongoConnection {
  /** How long an operation may take now, in milliseconds. */
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

  /** The gateway has started: somebody waits for what is asked from now on. */
  started(): void {
    this.deadlineMs = DEADLINE;
  }

  /**
   * The connected database. Once it was reached, the driver reconnects by itself.
   * @param secret that of the secrets instead
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
