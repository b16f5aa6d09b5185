import { tokenIssuers } from './issuers.js';
import { integer, list } from '../model/parsers.js';
import { setting, settingGroup } from '../model/setting.js';

export const access = settingGroup({
  title: 'Callers, outgoing requests and audit',
  settings: {
    AUTH_ISSUERS: setting({
      parse: tokenIssuers,
      default: '[]',
      unset: 'none',
      meaning: 'The issuers whose tokens are accepted, as a JSON array: see [Token issuers](#token-issuers).',
    }),
    EGRESS_ALLOW: setting({
      parse: list,
      default: '',
      unset: 'none, in development loopback',
      meaning:
        'Private addresses that outgoing requests may reach: hosts, `*.suffix` and CIDRs, separated by commas. In development loopback is always among them. Addresses at which clouds serve credentials (`169.254.169.254`, `168.63.129.16` and others) need an entry of exactly this address.',
    }),
    AUDIT_RETENTION_DAYS: setting({
      parse: integer(0, 3650),
      default: 90,
      meaning: 'For how many days entries of the audit log are kept. `0`: nothing is written to it.',
    }),
  },
});
