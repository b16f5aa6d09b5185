import type { CatalogServerDto } from '../catalog.dto.js';
import { npmServer, pythonServer } from './entry.js';

const REFERENCE = 'https://github.com/modelcontextprotocol/servers/tree/main/src';

/** Files, notes and reasoning tools on the gateway's machine. */
export const FILES_AND_MEMORY: readonly CatalogServerDto[] = [
  npmServer({
    name: 'filesystem',
    title: 'Filesystem',
    description: 'Reads, writes, moves and searches the files of one folder on the machine of the gateway.',
    homepage: `${REFERENCE}/filesystem`,
    package: '@modelcontextprotocol/server-filesystem',
    args: ['{folder}'],
    fillIn: [{ placeholder: '{folder}', purpose: 'Folder that may be read and changed', example: '/srv/shared' }],
    note: 'All users work in the same folder. Further folders can follow the first in args.',
  }),
  npmServer({
    name: 'memory',
    title: 'Memory',
    description: 'Remembers people, things and how they belong together in a knowledge graph, kept in a file.',
    homepage: `${REFERENCE}/memory`,
    package: '@modelcontextprotocol/server-memory',
    note: 'All users share one memory. Its file is in the data folder of the server; MEMORY_FILE_PATH in env names another one.',
  }),
  npmServer({
    name: 'sequential-thinking',
    title: 'Sequential Thinking',
    description: 'Lets a model write a problem down as a chain of thoughts that it can revise and branch.',
    homepage: `${REFERENCE}/sequentialthinking`,
    package: '@modelcontextprotocol/server-sequential-thinking',
    env: { DISABLE_THOUGHT_LOGGING: 'true' },
    perUser: true,
  }),
  npmServer({
    name: 'everything',
    title: 'Everything',
    description: 'Exercises all features of MCP: a server to test clients and gateways with.',
    homepage: `${REFERENCE}/everything`,
    package: '@modelcontextprotocol/server-everything',
    args: ['stdio'],
  }),
  pythonServer({
    name: 'git',
    title: 'Git',
    description: 'Reads, searches and changes a Git repository: status, diff, log, commit, branch.',
    homepage: `${REFERENCE}/git`,
    package: 'mcp-server-git',
    module: 'mcp_server_git',
    args: ['--repository', '{repository}'],
    fillIn: [
      {
        placeholder: '{repository}',
        purpose: 'Folder of the repository on the machine of the gateway',
        example: '/srv/git/handbook',
      },
    ],
    note: 'Needs the program git.',
  }),
  pythonServer({
    name: 'time',
    title: 'Time',
    description: 'Tells the time and converts it between time zones.',
    homepage: `${REFERENCE}/time`,
    package: 'mcp-server-time',
    module: 'mcp_server_time',
    args: ['--local-timezone', '{timezone}'],
    fillIn: [{ placeholder: '{timezone}', purpose: 'IANA time zone that counts as local', example: 'Europe/Berlin' }],
  }),
  pythonServer({
    name: 'markitdown',
    title: 'MarkItDown',
    description: 'Turns office documents, PDF files, web pages and pictures into Markdown.',
    homepage: 'https://github.com/microsoft/markitdown/tree/main/packages/markitdown-mcp',
    package: 'markitdown-mcp',
    module: 'markitdown_mcp',
    note: 'Its one tool reads any URI, files of the gateway included.',
  }),
];
