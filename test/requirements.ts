/**
 * The requirements of the gateway, as data: an id, the source, and the behaviour. Tests cite the ids (support/cite.ts) and
 * support/requirements.spec.ts fails when nobody cites one. A requirement is added together with its test.
 */
export interface Requirement {
  readonly id: RequirementId;
  /** Public specifications and documents of this repository, divided by `; `. docs/THREATS.md is cited with the numbers of threats. */
  readonly source: string;
  readonly behaviour: string;
}

const MCP = 'https://modelcontextprotocol.io/specification';
const LEGACY = `${MCP}/2025-11-25/basic`;
const MODERN = `${MCP}/2026-07-28/basic`;
const RFC = 'https://www.rfc-editor.org/rfc';
const MCP_API = 'https://github.com/MissionSquad/mcp-api';
const PARAGON = 'https://github.com/useparagon/paragon-mcp';
const INTEGRATION_APP = 'https://github.com/integration-app/mcp-server#readme';
const README = 'README.md';
const OPERATIONS = 'docs/OPERATIONS.md';
const ARCHITECTURE = 'docs/ARCHITECTURE.md';
const THREATS = 'docs/THREATS.md';

const sections = [
  {
    source: `${LEGACY}/lifecycle#version-negotiation`,
    requirements: {
      'legacy.initialize.negotiates':
        'initialize answers the asked revision when it is served, else the latest legacy one',
      'legacy.initialize.session': 'initialize answers a new session id of visible ASCII in Mcp-Session-Id',
    },
  },
  {
    source: `${LEGACY}/transports#session-management`,
    requirements: {
      'legacy.session.missing-400': 'a request other than initialize without a session id is answered 400',
      'legacy.session.unknown-404': 'an unknown or ended session id is answered 404 on POST, GET and DELETE',
      'legacy.session.foreign-404': "another principal's session id is answered 404 on POST, GET and DELETE",
      'legacy.session.delete': 'DELETE ends the session: 2xx, its streams close, its id is 404 afterwards',
      'legacy.session.restart': 'a session survives stop, kill -9 and start of the gateway without the client noticing',
      'legacy.session.idle': 'a session without requests and streams ends after the idle timeout',
      'legacy.session.limit': 'when the limit of sessions is reached, initialize is answered 503 with Retry-After',
    },
  },
  {
    source: `${LEGACY}/transports#protocol-version-header`,
    requirements: {
      'legacy.version.unsupported-400': 'an unsupported MCP-Protocol-Version is answered 400',
      'legacy.version.absent': 'without MCP-Protocol-Version the negotiated revision counts',
    },
  },
  {
    source: `${LEGACY}/transports#sending-messages-to-the-server`,
    requirements: {
      'legacy.post.notification-202': 'a notification or a response is answered 202 without a body',
      'legacy.post.accept-406': 'an Accept header that allows neither JSON nor event streams is answered 406',
      'legacy.post.content-type-415': 'another content type than application/json is answered 415 as JSON-RPC error',
      'legacy.post.bad-json-400': 'bad JSON is answered 400 / -32700 as JSON-RPC error, never HTML',
      'legacy.post.too-large-413': 'a body over the limit is answered 413 as JSON-RPC error',
      'legacy.post.unknown-method': 'an unknown method is answered -32601',
      'legacy.post.batch': 'a batch of at most 20 is answered in revisions that have batches, and 400 elsewhere',
    },
  },
  {
    source: `${LEGACY}/transports#listening-for-messages-from-the-server`,
    requirements: {
      'legacy.get.stream': 'GET opens an event stream for messages of the server',
      'legacy.get.list-changed': 'tools/list_changed of an upstream reaches the open streams of its users',
    },
  },
  {
    source: `${LEGACY}/transports#resumability-and-redelivery`,
    requirements: {
      'legacy.resume.exactly':
        'GET with Last-Event-ID replays exactly the missed messages of that stream, and goes on with it',
      'legacy.resume.restart': 'messages that were written before kill -9 can be replayed after it, each once',
    },
  },
  {
    source: `${MCP}/2025-11-25/server/tools`,
    requirements: {
      'tools.list.all-servers': 'tools/list shows the tools of all registered servers under their public names',
      'tools.list.bad-cursor': 'a cursor that was never given out is answered -32602',
      'tools.call.result': 'tools/call answers what the upstream answered',
      'tools.call.unknown-tool': 'an unknown tool is answered -32602',
      'tools.call.upstream-error': 'a failure of the upstream reaches the model as isError with words',
      'tools.call.raw': 'fields that nobody knows survive in tools, results, content and _meta',
      'tools.names.valid': 'public names are valid, unique and no longer than TOOL_NAME_MAX',
      'tools.users.apart': 'different users at the same time get their own results, never those of another',
    },
  },
  {
    source: `${LEGACY}/utilities/progress`,
    requirements: {
      'tools.progress':
        'progress reaches the caller in order, with its own token, before the result and never after it',
    },
  },
  {
    source: `${LEGACY}/utilities/cancellation`,
    requirements: {
      'legacy.cancel': 'notifications/cancelled reaches the upstream, and no result follows',
      'legacy.cancel.disconnect-is-none': 'a client that disconnects in mid-call has not cancelled the call',
    },
  },
  {
    source: `${MODERN}/transports/streamable-http`,
    requirements: {
      'modern.discover': 'server/discover answers the supported revisions and capabilities without a session',
      'modern.tools-list': 'tools/list answers without a session, with ttlMs and cacheScope private, in a stable order',
      'modern.tools-call': 'tools/call answers without a session, with resultType complete',
      'modern.header-mismatch': 'headers that disagree with the body are answered 400 / -32020 and reach no upstream',
      'modern.version.unsupported': 'an unsupported revision is answered 400 / -32022 with the supported ones',
      'modern.method.unknown-404': 'an unknown method is answered 404 / -32601',
      'modern.get-405': 'GET and DELETE are answered 405',
      'modern.progress': 'progress turns the answer into an event stream that ends with the result',
      'modern.close-cancels': 'closing the response stream cancels the call at the upstream',
    },
  },
  {
    source: `${ARCHITECTURE}#streams-server-requests-and-tasks; ${OPERATIONS}#servers-that-ask`,
    requirements: {
      'relay.asking':
        'a client that can be asked completes every tool that asks it, whichever era it and the server speak',
    },
  },
  {
    source: `${MCP}/2024-11-05/basic/transports#http-with-sse`,
    requirements: {
      'sse.roundtrip': 'GET /sse names the endpoint, and answers to posted messages come on the stream',
      'sse.messages-paths': 'messages are taken at /messages and at /sse/messages with 202',
      'sse.session.foreign-404': "posting to another principal's stream is answered 404",
      'sse.switch-off': 'ENABLE_LEGACY_SSE=false switches the transport off',
    },
  },
  {
    source: `${LEGACY}/transports#security-warning`,
    requirements: {
      'http.origin-403': 'a foreign or null Origin is answered 403',
      'http.host-403': 'a foreign Host is answered 403 where hosts are limited, as in development',
    },
  },
  {
    source: `${MCP_API}#mcp-tool-operations`,
    requirements: {
      'rest.tools': 'GET /mcp/tools lists the tools by server',
      'rest.tool-call': 'POST /mcp/tool/call answers data with content and contentType',
      'rest.tool-call.is-error': 'an error result of a tool stays in data.isError',
      'rest.tool-call.unknown-server-404': 'a call to an unknown server is answered 404',
      'rest.tool-call.disabled-409': 'a call to a disabled server is answered 409',
    },
  },
  {
    source: `${MCP_API}#mcp-server-management`,
    requirements: {
      'rest.servers.view': 'GET /mcp/servers/:name shows true status, tools and logs',
      'rest.servers.list': 'GET /mcp/servers lists all registered servers',
      'rest.servers.register': 'POST /mcp/servers registers and starts a server',
      'rest.duplicate-409': 'a name that is taken is answered 409',
      'rest.register.race': 'eight parallel registrations of a name give one 200, seven 409, one record, one process',
      'rest.servers.update': 'PUT changes the given fields only and restarts the server',
      'rest.servers.disable': 'PUT disable stops the process and hides the tools; enable brings both back',
      'rest.servers.delete': 'DELETE stops the process and removes record, tools and secrets',
      'rest.servers.unknown-404': 'GET, PUT, DELETE, enable and disable of an unknown server are answered 404',
      'rest.servers.bad-command': 'a bad command is registered with status error and its reason, and disturbs nobody',
    },
  },
  {
    source: `${THREATS}, threats 14, 16, 46 and 48; ${RFC}/rfc9457`,
    requirements: {
      'rest.fields-400':
        'wrong types and operators are answered 400 with the field named, and so are unknown fields of other routes',
      'rest.unknown-fields': 'the routes of the mcp-api reference ignore unknown fields, and name them in `warnings`',
      'rest.server-name-400': 'a server name outside the grammar is answered 400',
      'rest.body-errors':
        'bad JSON, a long body and a wrong content type are answered 400, 413 and 415 as problem+json',
      'rest.problem-body': 'errors carry code and requestId besides success false and error',
    },
  },
  {
    source: `${MCP_API}#package-management; ${README}; ${ARCHITECTURE}#a-package-and-its-versions`,
    requirements: {
      'packages.install':
        'POST /packages/install installs the resolved version, stored with its integrity, and registers the server',
      'packages.list': 'GET /packages, by-name and by-id show the installed packages',
      'packages.shared-apart': 'two servers may run one package: removing one leaves the other as it is',
      'packages.installed-once': 'parallel or repeated installs for one server give one install, and 409',
      'packages.delete': 'deleting the package or its server leaves no file and no process',
      'packages.updates': 'an update check answers fresh data, and compares resolved versions',
      'packages.upgrade': 'an upgrade swaps versions while calls run, without a failed call',
      'packages.rollback':
        'when the new version does not answer initialize, the old one goes on and the answer says so',
      'packages.silent-upgrade': 'an upgrade that hangs can be cancelled; meanwhile another one is 409',
      'packages.upgrade-all': 'PUT /packages/upgrade-all answers for each server',
      'packages.failed-install': 'a failed install leaves nothing behind, and a retry works',
      'packages.no-server': 'a package that is no MCP server is installed with status error and its stderr',
      'packages.jobs': 'with Prefer: respond-async, work is a job to poll, to follow as events and to cancel',
      'packages.program': 'the program comes from bin or main, or is named; several are listed',
      'packages.enable': 'the server of a package is enabled and disabled; an upgrade leaves it disabled',
      'packages.agents': 'agents see the tools of a new version without connecting anew',
      'packages.on-start': 'INSTALL_ON_START installs after the port is open, once, and remembers what was removed',
      'packages.restored': 'packages whose files are missing are installed again in their version',
      'packages.replicas':
        'each replica runs packages from a folder of its own; install, upgrade, removal and jobs work from any of them',
      'packages.python':
        'Python packages get a virtual environment each, which is installed, upgraded by a swap, restored and removed',
      'packages.python-credentials': 'credentials of a package index are in no listing, log or export',
      'packages.python-missing': 'a missing interpreter is a clear error',
      'packages.reference-servers':
        'the reference servers of npm are installed in an older version, upgraded while calls run, and removed without a trace',
      'packages.kill-9': 'kill -9 at any step of install, upgrade and removal leaves a consistent state',
      'packages.unknown-404': 'unknown packages and jobs are answered 404',
    },
  },
  {
    source: `${THREATS}, threats 32, 36, 37 and 47`,
    requirements: {
      'packages.bad-input': 'names and versions outside the grammar are answered 400: nothing is asked, run or written',
      'packages.scripts': 'install scripts run only where they are allowed, with a minimal environment',
      'packages.minimal-environment': 'installed servers get none of the variables of the gateway',
      'packages.roles': 'all routes of packages need a credential with the role operator',
    },
  },
  {
    source: `${MCP_API}#secret-management`,
    requirements: {
      'secrets.injected': 'a secret that a user set reaches the called server as an argument',
      'secrets.deleted': 'a deleted secret is injected no more; deleting one that is not there is 404',
      'secrets.users-apart': "parallel users' calls get their own secrets only",
      'secrets.server-exact': 'a server gets its own secrets only, also when its name begins like another',
      'secrets.never-shown': 'no route lists values, no log or result shows one',
    },
  },
  {
    source: `${THREATS}, threats 39, 40 and 44`,
    requirements: {
      'secrets.sealed': 'the database holds no value in clear',
      'secrets.wrong-key': 'a wrong SECRETS_KEY stops the start before anything is written',
      'secrets.development-key': 'development makes its key in DATA_DIR with mode 0600 and finds it again',
    },
  },
  {
    source: `${OPERATIONS}#keys`,
    requirements: {
      'keys.rotation':
        'a rotation of keys under load seals everything anew and fails no call, on each store and for all replicas',
      'keys.resumes': 'a rotation that was ended by kill -9 goes on where it was',
      'keys.master': 'after a rotation the previous master key is not needed',
    },
  },
  {
    source: `${OPERATIONS}#registered-servers-as-processes; ${THREATS}, threats 31, 32 and 34`,
    requirements: {
      'stdio.on-demand': 'a call to a server that is not running starts it',
      'stdio.parallel-start': 'at most four servers are in their start at a time',
      'stdio.start-after-listen': 'the port is open before the servers have started, and a silent one delays nobody',
      'stdio.environment': "a server gets a minimal environment and its configured one, nothing of the gateway's",
      'stdio.crash-restart': 'a server that crashed shows error, is started again, and answers the next call',
      'stdio.crash-mid-call': 'a crash in mid-call fails that call at once and repeats nothing',
      'stdio.crash-loop': 'a server that keeps crashing is restarted a bounded number of times',
      'stdio.no-orphans': 'stopping or removing a server leaves no process of its group',
      'stdio.pages': 'all pages of tools are listed',
      'stdio.list-changed': 'a tool that a server adds is listed',
      'stdio.restless': 'a server that announces changes without a pause is listed all the same, now and then',
      'stdio.listed-from-store': 'after a restart the tools are listed from the store, before the servers have started',
    },
  },
  {
    source: `${LEGACY}/transports#streamable-http; ${MCP_API}#streamable-http-transport-behavior`,
    requirements: {
      'upstream-http.call': 'a server over Streamable HTTP is listed and called',
      'upstream-http.headers': 'the configured headers reach the server on each request',
      'upstream-http.session-404': '404 with a session opens exactly one new session, and the calls succeed',
      'upstream-http.session-resumed': 'the session is resumed after a restart of the gateway, without initialize',
      'upstream-http.sse-fallback': '400, 404 or 405 at initialize falls back to HTTP+SSE',
    },
  },
  {
    source: `${THREATS}, threats 21, 23 and 24`,
    requirements: {
      'egress.private-refused': 'production connects to no private address that EGRESS_ALLOW does not name',
    },
  },
  {
    source: `${THREATS}, threats 86 and 87`,
    requirements: {
      'egress.installs': 'installs reach the registries of the operator, public addresses and what EGRESS_ALLOW names',
      'egress.server-network': 'in a sandbox, a server with the network none or proxy reaches nothing else',
    },
  },
  {
    source: `${README}; ${OPERATIONS}#roles`,
    requirements: {
      'auth.deny-by-default': 'without a credential every route but the public ones is 401, unknown paths too',
      'auth.development-user': 'development takes ?user= and treats a caller without credentials as default',
      'auth.development-wrong-401': 'a wrong credential is 401 in development too',
      'auth.production-no-user': 'production ignores ?user=',
      'auth.api-key': 'an API key works until it is revoked or expires',
      'auth.roles-403': 'a route that needs a role is 403 without it',
      'auth.username': 'acting for another username needs the role service, else 403',
    },
  },
  {
    source: `${RFC}/rfc9728; ${RFC}/rfc6750#section-3`,
    requirements: {
      'auth.www-authenticate':
        '401 names the metadata of the requested resource in WWW-Authenticate, if there is an authorization server',
      'auth.metadata': 'the metadata of each resource names its endpoint and the authorization servers',
    },
  },
  {
    source: `${THREATS}, threats 1 to 6; ${RFC}/rfc8725`,
    requirements: {
      'auth.jwt': 'a token of a configured issuer is accepted, by JWKS and by PEM',
      'auth.jwt.forged': 'none, HS256 over the public key, embedded keys and foreign signatures are 401',
      'auth.jwt.claims': 'a wrong or missing exp, aud, iss or sub is 401',
    },
  },
  {
    source: `${OPERATIONS}#state`,
    requirements: {
      'store.kill-9': 'kill -9 of the gateway loses nothing that was acknowledged',
      'store.mongo': 'registrations, sessions and secrets live in MongoDB when it is configured, and survive a restart',
    },
  },
  {
    source: `${OPERATIONS}#probes-metrics-logs; ${OPERATIONS}#backup-and-restore`,
    requirements: {
      'operation.drain': 'SIGTERM lets calls in flight end, exits 0 and leaves no child process',
      'operation.drain-delay':
        'after SIGTERM the port stays open for SHUTDOWN_DELAY_MS: not ready, no new sessions, calls of the others are served',
      'operation.backup': 'a copy of the SQLite database that was made under load brings everything back',
      'operation.port-in-use': 'a port in use stops the start with a readable line',
      'operation.bad-environment': 'a bad environment stops the start with one readable line per fault',
      'operation.first-key':
        'a start in production says what clients connect to, how the first key is made, and what is missing for clients elsewhere',
      'operation.admin-database': 'the admin command says which database it works on, and makes none unless told to',
      'operation.import-mcp-api':
        'the admin command brings servers, packages, secrets and OAuth tokens of an mcp-api over; a dry run and a repetition change nothing',
      'operation.probes': '/healthz, /livez and /readyz answer without a credential',
      'operation.public-details':
        'in production strangers see neither the API document nor the checks of /healthz, unless PUBLIC_DETAILS is set',
      'operation.home': 'GET / is a short page that names the MCP endpoint and the documentation',
      'operation.openapi': '/docs-json describes every route, error and security scheme',
      'operation.openapi-client': 'a TypeScript client that is generated from /docs-json compiles strictly and works',
      'operation.openapi-complete': '/docs-json is valid, and says of every route what it answers and who may call it',
      'operation.openapi-fuzz': 'no input that is made from /docs-json gets a 5xx or ends the process',
      'operation.logs': 'logs are JSON lines with request ids and without credentials',
      'operation.survives': 'nothing that a client or an upstream sends ends the process',
    },
  },
  {
    source: `${OPERATIONS}#kubernetes; ${README}`,
    requirements: {
      'deploy.chart-valid': 'the Helm chart passes the strict linter and renders what the API of Kubernetes knows',
      'deploy.sqlite-once': 'the values of the chart are refused where SQLite would have more than one replica',
      'deploy.hardened':
        'no pod is root, writes to its root file system, has a token of the cluster or extra privileges',
      'deploy.secret-files': 'secrets are referenced, mounted as files of mode 0400, and read from them',
      'deploy.network': 'the network of a pod is closed but for named callers and targets, link-local addresses always',
      'deploy.compose': 'docker compose starts two replicas behind a proxy that passes every way in which clients come',
      'smoke.passes': 'the smoke test passes against a gateway that works, and reports for people and as JUnit XML',
      'smoke.fails':
        'the smoke test fails in the step that fails, with exit code 1, and with 2 when it is used wrongly',
    },
  },
  {
    source: `${ARCHITECTURE}#uris-of-servers`,
    requirements: {
      'uris.apart':
        'a URI of a server leads to this server alone, in every message, list and notification and in both eras',
      'uris.unlisted': 'a URI that names no server goes only to the one server that lists it or whose template fits',
      'uris.own': 'the endpoint of one server shows the own URIs of the server',
    },
  },
  {
    source: `${INTEGRATION_APP}; ${ARCHITECTURE}#views`,
    requirements: {
      'views.apps':
        'apps= shows the tools of the named integrations and servers only, on /mcp and /sse and in both eras',
      'views.hidden-calls': 'a tool that the view hides is answered like an unknown one',
      'views.bad-400': 'apps and mode that do not fit are answered 400 as JSON-RPC error that says so',
      'views.restart': 'a session has its view and its enabled tools after a restart',
    },
  },
  {
    source: `${INTEGRATION_APP}; ${ARCHITECTURE}#views`,
    requirements: {
      'dynamic.list': 'mode=dynamic lists enable-tools, search-tools, call-tool and what was enabled',
      'dynamic.enable':
        'enable-tools replaces the enabled tools, takes gmail-send-email for gmail_send-email, names unknown ones',
      'dynamic.list-changed': 'the session that enabled tools is told of its new list, and no other',
      'dynamic.search-and-call':
        'search-tools finds tools with their schemas, and call-tool calls any tool of the view',
      'dynamic.stateless': 'the modern era has search-tools and call-tool, and says why tools cannot be enabled',
    },
  },
  {
    source: `${INTEGRATION_APP}; ${ARCHITECTURE}#views`,
    requirements: {
      'chats.continue': 'initialize with a known x-chat-id answers the session of the chat',
      'chats.list': 'GET /mcp/sessions answers the sessions of the caller by chat, {} when there are none',
      'chats.users-apart': 'two users with the same chat id have two sessions and never see each other',
      'chats.restart': 'the map of chats survives a restart',
      'chats.ended': 'a chat goes with its session',
      'chats.id-400': 'a chat id that is no 1 to 256 printable characters is answered 400',
    },
  },
  {
    source: README,
    requirements: {
      'start.everything': 'the first start in development has server-everything, and a removed one stays removed',
      'clients.side-by-side': 'SDK 1.32, SDK 2.4 in both eras and HTTP+SSE clients work at once, as different users',
      'clients.real-servers':
        'the tools of server-everything, server-filesystem and server-memory are called through one URL',
    },
  },
  {
    source: `${PARAGON}; ${README}`,
    requirements: {
      'paragon.tools': "ActionKit's tools are listed with names and schemas as given, within the configured limits",
      'paragon.result-table':
        'success, validation errors, other failures and rate limits are answered in the words of the specification',
      'paragon.cancel': 'a cancelled call aborts the HTTP request to Paragon',
      'paragon.tokens':
        'Paragon user tokens are accepted on /mcp, /sse and REST, and forwarded; forged and expired ones are 401',
      'paragon.users-apart': 'parallel users call Paragon each in their own name',
      'paragon.list-changed': "a change of a user's tools is announced to this user's clients",
      'paragon.bad-key': 'a missing or malformed signing key stops the start with one line that names the variable',
    },
  },
  {
    source: `${PARAGON}; ${ARCHITECTURE}#a-user-without-a-connection; ${THREATS}, threats 11 and 50`,
    requirements: {
      'paragon.not-connected':
        'an integration that is not connected is answered with a setup link, and works once connected',
      'paragon.setup-page': 'the page connects the integration in a real browser, and says so',
      'paragon.setup-link': 'a setup link works once, survives restarts, and is refused with 400 afterwards',
    },
  },
  {
    source: `${PARAGON}#adding-custom-actions-with-openapi; ${PARAGON}#using-experimental-proxy-api-tool; ${THREATS}, threat 52`,
    requirements: {
      'paragon.openapi':
        'operations of OpenAPI files of active integrations are tools, and changed files are picked up',
      'paragon.proxy-tool':
        'CALL_API_REQUEST sends requests to active integrations, with denied headers and hosts refused',
    },
  },
  {
    source: INTEGRATION_APP,
    requirements: {
      'integration-app.tools': 'the tools of all active connections are listed, of all pages, once per integration',
      'integration-app.disconnected': 'a disconnected integration is left out, and the caller can learn why',
      'integration-app.part-fails': 'an integration that fails does not hide the tools of the others',
      'integration-app.outputs': 'a run is answered with its output; 0, false and "" are outputs',
      'integration-app.errors':
        'a failed run keeps status, type and wait, and tells the model whether the user has to reconnect',
      'integration-app.upstream-down': 'a session opens while the upstream is down, and tools appear when it is back',
      'integration-app.at-once': 'the actions of ten integrations are asked for at once',
    },
  },
  {
    source: `${INTEGRATION_APP}; ${README}; ${THREATS}, threats 1, 4, 5 and 43`,
    requirements: {
      'integration-app.tokens':
        'access tokens of both generations are verified on /mcp, /sse and REST, and forwarded; forged and expired ones are 401',
      'integration-app.query-token':
        'a token in the query opens /mcp and /sse, and is neither logged nor echoed; the log hints once that it is deprecated',
      'integration-app.modes':
        "the specification's examples of dynamic mode and of apps= work with the tools of connections",
      'integration-app.chats': 'two users with one chat id have two sessions, and see their own only',
      'integration-app.minted': 'for callers of other issuers a token is made in their name',
      'integration-app.forward-only': 'a token that nobody verified reaches Integration.app and nothing else',
      'integration-app.forward-only-user': 'such a token is its user only after Integration.app has accepted it',
    },
  },
  {
    source: `${OPERATIONS}#users-of-hosted-backends; ${THREATS}, threat 56`,
    requirements: {
      'hosted-users.default': 'users of the tenant default are called by their subject at Paragon and Integration.app',
      'hosted-users.keys': "an API key of another tenant never acts with an account at a hosted backend, nobody's",
      'hosted-users.mapping':
        'a hosted backend serves the configured tenants and issuers alone, and gives the users of each an id of their own',
    },
  },
  {
    source: `${README}; ${THREATS}, threats 32, 33 and 42`,
    requirements: {
      'hosting.users-apart': 'with isolation "user" each user has a process with the own secrets in its environment',
      'hosting.secret-change': 'after a change of a secret the next call runs with the new one',
      'hosting.secret-scrubbed': 'a secret of the environment that a server repeats is taken out of its answer',
      'hosting.listed-from-store': 'the tools of a server with isolation "user" are listed without a process',
      'hosting.secret-parameters': 'a parameter that a secret fills is not listed, and the caller cannot set it',
      'hosting.settings': 'settings of isolation and secrets that do not go together are 400, with the field',
      'hosting.limits': 'a server that wants more memory or processes than it may is ended, and says why',
      'hosting.start-timeout': 'a server has its own start time-out',
      'hosting.own-user': 'children of a gateway that runs as root have a user id that can read nothing of it',
    },
  },
  {
    source: `${LEGACY}/authorization; ${ARCHITECTURE}#a-server-that-wants-a-users-consent; ${THREATS}, threat 12`,
    requirements: {
      'oauth.connect-mcp':
        'a user without a token gets a link from a call over MCP, consents in a browser, and calls again',
      'oauth.connect-rest': 'a REST call without a token is 401 reauth_required with server, user and the connect link',
      'oauth.users-apart': 'each user calls with an account of the own; the others get a link',
      'oauth.elicitation': 'a client that shows URLs is asked to take its user to the connect link',
      'oauth.refresh': 'tokens are refreshed before they expire and on 401 without a failed call, also after a restart',
      'oauth.one-refresh':
        '100 concurrent calls on an expired token at two gateways that share a store: exactly one refresh',
      'oauth.revoked': 'when everything was taken back the user is asked again',
      'oauth.step-up': 'insufficient_scope leads to a link that asks for the further scope',
      'oauth.secret': 'tokens, codes, states and links are in no log and no answer',
      'oauth.removal': 'tokens go with the server',
      'oauth.tools':
        'a stdio server with MCP_AUTH_TYPE=OAUTH2_GOOGLE is called with the account that a user has connected by its tools',
      'oauth.tools-login': '/auth/google/login leads a user to that, and to nobody else’s account',
      'oauth.discover':
        'an operator can ask what authorization a server needs before it is registered, at public addresses only',
      'oauth.manual-client': 'users connect as the client that an operator has registered by hand',
    },
  },
  {
    source: `${OPERATIONS}#probes-metrics-logs; ${OPERATIONS}#traces; ${OPERATIONS}#audit-log`,
    requirements: {
      'metrics.values': '/metrics counts what has happened, in valid exposition format, and names no user, tool or URL',
      'metrics.dashboard': 'the Grafana dashboard and the alerts ask for metrics and labels that there are',
      'traces.one':
        'one trace leads from the client through the gateway to the upstream: stdio, HTTP and API; `_meta` wins over headers',
      'traces.pass': 'without an exporter the context of a request passes to the upstream unchanged',
      'traces.secrets': 'spans hold no arguments, results, secrets, session ids or query strings',
      'traces.collector-down': 'a collector that is gone disturbs neither calls nor the end of the gateway',
      'audit.calls': 'each call of a tool is in the audit log: allowed, refused and failed, over MCP and REST',
      'audit.changes': 'changes by REST are in it, and refused callers, those that are alike together',
      'audit.secrets': 'no argument, secret or setting is in it',
      'audit.export': 'it is read page by page and exported as JSON lines, newest first',
      'audit.bad-input': 'anything but scalars that its filters know is answered 400',
      'audit.roles': 'only administrators read it, and nobody changes it',
      'audit.restart': 'nothing of it is lost when the gateway stops',
    },
  },
  {
    source: `${OPERATIONS}#several-replicas`,
    requirements: {
      'replicas.registry':
        'a server that is registered, changed or deleted at one replica is so at the others when the answer is there',
      'replicas.reports': 'the answer about a server has its state and its log on all replicas',
      'replicas.sealed':
        'an attacker who has only Redis can neither read, write, repeat nor redirect the messages between replicas',
      'replicas.secrets': 'a secret that is set or deleted at one replica is used or missed at the others at once',
      'replicas.revocation':
        'an API key that is revoked at one replica is refused by the others at once, without Redis within 5 s',
      'replicas.sessions': 'a session goes on at any replica, and ends at all',
      'replicas.dynamic':
        'tools that are enabled at one replica are listed at the others, and its client is told where it listens',
      'replicas.cancel': 'a request is cancelled, and a question answered, wherever the message arrives',
      'replicas.parked': 'a call of the modern era goes on from any replica, with its progress and its cancellation',
      'replicas.streams': 'a stream is resumed at another replica, and listened to at one of them only',
      'replicas.sse': 'messages for a stream of HTTP+SSE may arrive at any replica, of its own principal only',
      'replicas.kill': 'a session goes on at another replica when that which served it was killed',
      'replicas.redis-cut': 'without Redis calls go on; afterwards replicas know what they have missed',
      'replicas.database-cut':
        'without the database what needs it is answered 503 soon, liveness is not affected, and it recovers by itself',
      'replicas.database-slow':
        'a slow database slows down nothing that does not need it; what waits too long for it is answered 503, and nothing piles up',
      'replicas.herd': 'a thousand clients that come back at once are all served, and leave no memory behind',
      'replicas.rolling': 'a rolling restart under load loses no call',
      'replicas.one': 'a stdio server that must run once has one process, which clients of every replica use in full',
      'replicas.one-change': 'new settings of such a server are never tried beside the old ones',
      'replicas.one-crash': 'when its replica dies, another one starts it, and never are there two',
      'replicas.one-stalled': 'a replica that stood still for long ends its process as soon as it goes on',
      'replicas.one-database':
        'a replica that cannot show that it lives ends its process before another one may start it',
      'replicas.one-rolling': 'no call of others is lost when its replica is stopped',
    },
  },
  {
    source: `${OPERATIONS}#state`,
    requirements: {
      'clock.set-back':
        'a clock that is set back by an hour locks nobody out, revives no revoked key, and hides nothing in the audit log',
      'clock.set-forward': 'a clock that is set forward by an hour ends what has a date, and no other thing',
    },
  },
  {
    source: `${OPERATIONS}#tenants-and-access; ${THREATS}, threats 6, 30, 46 and 47`,
    requirements: {
      'tenancy.access':
        'a server and its tools are there for those alone whom its rule lets in, for clients of both eras, over REST and at its own endpoint',
      'tenancy.access-change': 'a changed rule counts at all replicas at once, and running sessions are told of it',
      'tenancy.isolation': 'the records of a tenant do not exist for the admins and operators of another',
      'tenancy.admin':
        'admins of the tenant "default" set tenants up and give them their first key; others read their own',
      'tenancy.disabled': 'callers of a disabled tenant are refused by all replicas at once',
      'tenancy.packages': 'a tenant installs the packages alone that its settings allow',
      'tenancy.limits': 'a tenant has limits of its own',
      'tenancy.removal': 'a tenant that still has something is deleted only where that is said',
    },
  },
  {
    source: `${OPERATIONS}#rules-for-programs-and-roles; ${THREATS}, threats 90 and 91`,
    requirements: {
      'policy.stdio':
        'a tenant gets no stdio server that its policy does not allow, whether registered, changed or imported',
      'policy.packages':
        'where packages alone are allowed, an install, a change, an import and an upgrade run programs of the package alone',
      'policy.changed':
        'a server that a changed policy forbids ends on all replicas, is not started, and says why; it starts again once it is allowed',
      'policy.scripts':
        'install scripts run where the policy allows them for the package alone, by each way of installing it',
      'policy.roles': 'an admin of a tenant gives no role to an API key that the policy does not let the admin give',
      'policy.owner':
        'admins of the tenant "default" alone set the policy of a tenant, and nobody sets theirs over REST',
      'policy.bad-input': 'a policy that cannot be meant is refused, with the member that is wrong',
    },
  },
  {
    source: `${OPERATIONS}#limits; ${THREATS}, threat 49`,
    requirements: {
      'limits.rate': 'calls of a principal in a minute are limited over all replicas: 429 with Retry-After over REST',
      'limits.rate-mcp': 'over MCP the model reads when it may try again, and a flood of requests is answered 429',
      'limits.scrapes':
        'metrics can be read however often, and reading them takes nothing from the limits of the reader',
      'limits.calls': 'calls of a server under way are limited over all replicas',
      'limits.credentials':
        'many wrong credentials from one address are answered 429 by every replica; right ones pass',
      'limits.redis-down': 'calls go on while Redis is away',
      'limits.breaker': 'a server that does not answer is left alone, and tried again soon',
      'limits.call-timeout': 'a registered server can have a shorter time for each call than the gateway allows',
      'limits.goodput':
        'at three times its capacity the gateway still does four fifths of it, and refuses the rest at once',
      'limits.proxy': 'X-Forwarded-For counts from trusted proxies only, and callers cannot forge what it says',
      'limits.overload':
        'above the limit of requests under way new ones are answered 503 at once; probes and metrics pass',
    },
  },
] as const;

type KeyOfEach<T> = T extends unknown ? keyof T & string : never;
export type RequirementId = KeyOfEach<(typeof sections)[number]['requirements']>;

export const requirements: readonly Requirement[] = sections.flatMap(({ source, requirements }) =>
  Object.entries(requirements).map(([id, behaviour]) => ({ id: id as RequirementId, source, behaviour })),
);
