import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, pythonServer, remoteServer } from './entry.js';

/** Databases and vector stores. */
export const DATABASES: readonly CatalogServerDto[] = [
  npmServer({
    name: 'mongodb',
    title: 'MongoDB',
    description: 'Queries MongoDB and Atlas: find, aggregate, indexes, schemas. Reads only, unless told otherwise.',
    homepage: 'https://github.com/mongodb-js/mongodb-mcp-server',
    package: 'mongodb-mcp-server',
    args: ['--readOnly'],
    secrets: [
      {
        name: 'MDB_MCP_CONNECTION_STRING',
        purpose: 'Connection string of the database, with user and password',
        from: 'The operator of the database',
      },
    ],
  }),
  npmServer({
    name: 'mysql',
    title: 'MySQL',
    description: 'Describes the tables of a MySQL database and runs queries. Writing is off by default.',
    homepage: 'https://github.com/benborla/mcp-server-mysql',
    package: '@benborla29/mcp-server-mysql',
    env: { MYSQL_HOST: '{host}', MYSQL_PORT: '3306', MYSQL_USER: '{user}', MYSQL_DB: '{database}' },
    secrets: [{ name: 'MYSQL_PASS', purpose: 'Password of the database user', from: 'The operator of the database' }],
    fillIn: [
      { placeholder: '{host}', purpose: 'Host of the database', example: 'db.example.com' },
      { placeholder: '{user}', purpose: 'Database user, best one that may only read', example: 'reporting' },
      { placeholder: '{database}', purpose: 'Name of the database', example: 'shop' },
    ],
  }),
  npmServer({
    name: 'dbhub',
    title: 'DBHub',
    description: 'One server for SQL databases: PostgreSQL, MySQL, MariaDB, SQL Server, Oracle and SQLite.',
    homepage: 'https://github.com/bytebase/dbhub',
    package: '@bytebase/dbhub',
    args: ['--transport', 'stdio'],
    secrets: [
      {
        name: 'DSN',
        purpose: 'Connection string of the database, such as postgres://user:password@host:5432/name',
        from: 'The operator of the database',
      },
    ],
    note: 'Asks for Node.js 22.5.',
  }),
  pythonServer({
    name: 'clickhouse',
    title: 'ClickHouse',
    description: 'Lists the databases and tables of ClickHouse and runs queries.',
    homepage: 'https://github.com/ClickHouse/mcp-clickhouse',
    package: 'mcp-clickhouse',
    module: 'mcp_clickhouse.main',
    env: { CLICKHOUSE_HOST: '{host}', CLICKHOUSE_PORT: '8443', CLICKHOUSE_USER: '{user}', CLICKHOUSE_SECURE: 'true' },
    secrets: [
      { name: 'CLICKHOUSE_PASSWORD', purpose: 'Password of the database user', from: 'The operator of the database' },
    ],
    fillIn: [
      { placeholder: '{host}', purpose: 'Host of the database', example: 'clickhouse.example.com' },
      { placeholder: '{user}', purpose: 'Database user', example: 'analyst' },
    ],
  }),
  pythonServer({
    name: 'redis',
    title: 'Redis',
    description: 'Reads and writes the data of Redis: strings, hashes, lists, sets, streams, JSON, vectors.',
    homepage: 'https://github.com/redis/mcp-redis',
    package: 'redis-mcp-server',
    module: 'src.main',
    env: { REDIS_HOST: '{host}', REDIS_PORT: '6379' },
    secrets: [{ name: 'REDIS_PWD', purpose: 'Password', from: 'The operator of the database', optional: true }],
    fillIn: [{ placeholder: '{host}', purpose: 'Host of the database', example: 'redis.example.com' }],
  }),
  pythonServer({
    name: 'chroma',
    title: 'Chroma',
    description: 'Collections of the vector database Chroma: add documents, search them by meaning.',
    homepage: 'https://github.com/chroma-core/chroma-mcp',
    package: 'chroma-mcp',
    module: 'chroma_mcp.server',
    args: ['--client-type', 'persistent', '--data-dir', 'chroma'],
    note: 'All users share the collections, which are in the data folder of the server.',
  }),
  npmServer({
    name: 'pinecone',
    title: 'Pinecone',
    description: 'Indexes of the vector database Pinecone: create, fill and search them; its documentation, too.',
    homepage: 'https://github.com/pinecone-io/pinecone-mcp',
    package: '@pinecone-database/mcp',
    secrets: [{ name: 'PINECONE_API_KEY', purpose: 'API key of a project', from: 'https://app.pinecone.io' }],
  }),
  remoteServer({
    name: 'supabase',
    title: 'Supabase',
    description: 'Projects of Supabase: tables, queries, logs and documentation. The URL asks for read-only access.',
    homepage: 'https://github.com/supabase-community/supabase-mcp',
    url: 'https://mcp.supabase.com/mcp?read_only=true',
    signIn: 'oauth',
  }),
  remoteServer({
    name: 'prisma-postgres',
    title: 'Prisma Postgres',
    description: 'Databases of Prisma Postgres: create them, look into them, back them up.',
    homepage: 'https://github.com/prisma/mcp',
    url: 'https://mcp.prisma.io/mcp',
    signIn: 'oauth',
  }),
];
