import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyModule } from '@manifold/auth';
import { ToolRegistryModule } from '@manifold/tool-registry';
import { TracingModule } from '@manifold/tracing';
import { ChatSessionsController } from './chat-sessions.controller.js';
import { ChatSessions } from './chat-sessions.service.js';
import { Drain } from './drain.js';
import { DynamicMode } from './dynamic-mode.js';
import { EventLog } from './event-log.js';
import { EventRecords } from './event-records.js';
import { EventStreams } from './event-streams.js';
import { Introductions } from './introductions.js';
import { KnownServers } from './known-servers.js';
import { LegacyMessages } from './legacy-messages.js';
import { LegacyPost } from './legacy-post.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { ListenSubscriptions } from './listen-subscriptions.js';
import { ListPages } from './list-pages.js';
import { ListChanged } from './list-changed.js';
import { McpController } from './mcp.controller.js';
import { McpEndpoint } from './mcp-endpoint.js';
import { Methods } from './methods.js';
import { ModernCalls } from './modern-calls.js';
import { ModernPost } from './modern-post.js';
import { ParkedCalls } from './parked-calls.js';
import { PromptMethods } from './prompt-methods.js';
import { RebindingGuard } from './rebinding.guard.js';
import { RemoteCalls } from './remote-calls.js';
import { RequestRunner } from './request-runner.js';
import { ServerStream } from './server-stream.js';
import { RequestStates } from './request-state.js';
import { ResourceMethods } from './resource-methods.js';
import { ResourceSubscriptions } from './resource-subscriptions.js';
import { ResumableStreams } from './resumable-streams.js';
import { SealedText } from './sealed-text.js';
import { ServerMcpController } from './server-mcp.controller.js';
import { SessionMethods } from './session-methods.js';
import { SessionPlaces } from './session-places.js';
import { SessionStore } from './session-store.js';
import { SessionTools } from './session-tools.js';
import { SessionUpkeep } from './session-upkeep.js';
import { SseController } from './sse.controller.js';
import { SseMessages } from './sse-messages.service.js';
import { SseSessions } from './sse-sessions.service.js';
import { TaskExtension } from './task-extension.js';
import { TaskIds } from './task-ids.js';
import { TaskMethods } from './task-methods.js';
import { ToolCalls } from './tool-calls.js';
import { ToolMethods } from './tool-methods.js';
import { TransportStatus } from './transport-status.js';

/** MCP over HTTP towards clients. Needs the global modules that provide Config, Store, Keyring, Metrics and ToolProviders. */
@Module({
  imports: [ApiKeyModule, ToolRegistryModule, TracingModule],
  controllers: [ChatSessionsController, McpController, ServerMcpController, SseController],
  providers: [
    { provide: APP_GUARD, useClass: RebindingGuard },
    ChatSessions,
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
    McpEndpoint,
    Methods,
    ModernCalls,
    ModernPost,
    ParkedCalls,
    PromptMethods,
    RemoteCalls,
    RequestRunner,
    RequestStates,
    ResourceMethods,
    ResourceSubscriptions,
    ResumableStreams,
    SealedText,
    ServerStream,
    SessionMethods,
    SessionPlaces,
    SessionStore,
    SessionTools,
    SessionUpkeep,
    SseMessages,
    SseSessions,
    TaskExtension,
    TaskIds,
    TaskMethods,
    ToolCalls,
    ToolMethods,
    TransportStatus,
  ],
  exports: [TransportStatus],
})
export class TransportModule {}
