import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyModule } from '@manifold/auth';
import { ToolRegistryModule } from '@manifold/tool-registry';
import { TracingModule } from '@manifold/observability';
import { ChatSessionsController } from './legacy/chat-sessions.controller.js';
import { ChatSessions } from './sessions/chat-sessions.service.js';
import { Discovery } from './modern/discovery.js';
import { Drain } from './endpoints/drain.js';
import { DynamicMode } from './methods/dynamic-mode.js';
import { EventLog } from './streams/event-log.js';
import { EventRecords } from './streams/event-records.js';
import { EventStreams } from './sessions/event-streams.js';
import { Introductions } from './sessions/introductions.js';
import { KnownServers } from './methods/known-servers.js';
import { LegacyMessages } from './legacy/legacy-messages.js';
import { LegacyPost } from './legacy/legacy-post.js';
import { LegacySessions } from './sessions/legacy-sessions.service.js';
import { ListenSubscriptions } from './modern/listen-subscriptions.js';
import { ListPages } from './methods/list-pages.js';
import { ListChanged } from './sessions/list-changed.js';
import { McpController } from './endpoints/mcp.controller.js';
import { Methods } from './methods/methods.js';
import { ModernPost } from './modern/modern-post.js';
import { ParkedCalls } from './modern/parked-calls.js';
import { PromptMethods } from './methods/prompt-methods.js';
import { RebindingGuard } from './http/rebinding.guard.js';
import { RemoteCalls } from './modern/remote-calls.js';
import { RequestRunner } from './methods/request-runner.js';
import { ServerStream } from './legacy/server-stream.js';
import { RequestStates } from './modern/request-state.js';
import { ResourceMethods } from './methods/resource-methods.js';
import { ResourceSubscriptions } from './sessions/resource-subscriptions.js';
import { ResumableStreams } from './sessions/resumable-streams.js';
import { RoundTrips } from './modern/round-trips.js';
import { SealedText } from './json-rpc/sealed-text.js';
import { SessionMethods } from './methods/session-methods.js';
import { SessionSlots } from './sessions/session-slots.js';
import { SessionStart } from './legacy/session-start.js';
import { SessionStore } from './sessions/session-store.js';
import { SessionTools } from './methods/session-tools.js';
import { ShownLists } from './sessions/shown-lists.js';
import { SessionUpkeep } from './sessions/session-upkeep.js';
import { SseController } from './legacy/sse.controller.js';
import { SseMessages } from './legacy/sse-messages.service.js';
import { SseSessions } from './legacy/sse-sessions.service.js';
import { StreamHandover } from './legacy/stream-handover.js';
import { TaskExtension } from './methods/task-extension.js';
import { TaskIds } from './methods/task-ids.js';
import { TaskMethods } from './methods/task-methods.js';
import { ToolMethods } from './methods/tool-methods.js';
import { TransportStatus } from './endpoints/transport-status.js';

/** Serves MCP over HTTP to clients. Needs the global modules that provide Config, Store, Keyring, Metrics and ToolProviders. */
@Module({
  imports: [ApiKeyModule, ToolRegistryModule, TracingModule],
  controllers: [ChatSessionsController, McpController, SseController],
  providers: [
    { provide: APP_GUARD, useClass: RebindingGuard },
    ChatSessions,
    Discovery,
    Drain,
    DynamicMode,
    EventLog,
    EventRecords,
    EventStreams,
    Introductions,
    KnownServers,
    LegacyMessages,
    LegacyPost,
    LegacySessions,
    ListChanged,
    ListenSubscriptions,
    ListPages,
    Methods,
    ModernPost,
    ParkedCalls,
    PromptMethods,
    RemoteCalls,
    RequestRunner,
    RequestStates,
    ResourceMethods,
    ResourceSubscriptions,
    ResumableStreams,
    RoundTrips,
    SealedText,
    ServerStream,
    SessionMethods,
    SessionSlots,
    SessionStart,
    SessionStore,
    SessionTools,
    SessionUpkeep,
    ShownLists,
    SseMessages,
    SseSessions,
    StreamHandover,
    TaskExtension,
    TaskIds,
    TaskMethods,
    ToolMethods,
    TransportStatus,
  ],
  exports: [TransportStatus],
})
export class TransportModule {}
