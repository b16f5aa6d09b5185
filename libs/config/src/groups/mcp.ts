import { boolean, integer } from '../model/parsers.js';
import { setting, settingGroup } from '../model/setting.js';

const DAY_MS = 24 * 3600 * 1000;

export const mcp = settingGroup({
  title: 'MCP',
  settings: {
    ENABLE_LEGACY_SSE: setting({
      parse: boolean,
      default: true,
      meaning: 'Serves HTTP+SSE at `/sse` and `/messages`, for the oldest clients.',
    }),
    SAMPLE_SERVER: setting({
      parse: boolean,
      default: { development: true, production: false },
      meaning: 'Registers the MCP server `everything` on the first start.',
    }),
    MCP_SESSION_IDLE_TIMEOUT_MS: setting({
      parse: integer(1000, 30 * DAY_MS),
      default: 1_800_000,
      meaning: 'A session ends after so many milliseconds without a request and without a stream.',
    }),
    MCP_MAX_SESSIONS: setting({
      parse: integer(1, 1_000_000),
      default: 10_000,
      meaning: 'How many sessions one process may have. Further ones are answered 503.',
    }),
    TOOL_NAME_MAX: setting({
      parse: integer(16, 128),
      default: 60,
      meaning:
        'How many characters the name of a tool may have towards clients, from 16 to 128. Longer names are shortened.',
    }),
    TOOL_CALL_TIMEOUT_MS: setting({
      parse: integer(100, DAY_MS),
      default: 300_000,
      meaning: 'A tool call is ended after so many milliseconds.',
    }),
    TOOL_LIST_TTL_MS: setting({
      parse: integer(100, DAY_MS),
      default: 60_000,
      meaning:
        'The tools of Paragon, of Integration.app and of servers that announce no changes are listed again after so many milliseconds, those of other servers after five times as many.',
    }),
  },
});
