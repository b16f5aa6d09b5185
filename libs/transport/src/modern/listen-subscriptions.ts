import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isObject } from '@manifold/async';
import { Config } from '@manifold/config';
import { openCall, type RawObject } from '@manifold/tool-provider';
import { Resources } from '@manifold/tool-registry';
import { EventStreams } from '../sessions/event-streams.js';
import { answerJson } from '../http/http-answer.js';
import { JsonRpcError } from '../json-rpc/json-rpc-error.js';
import { errorMessage, notificationMessage, resultMessage, type RequestId } from '../json-rpc/json-rpc.js';
import { requestableCapabilities } from '../sessions/call-client.js';
import { ListChanged } from '../sessions/list-changed.js';
import type { ChangingList } from '../sessions/shown-lists.js';
import { capabilitiesOf } from './modern-caller.js';
import { readFilter, type ListenFilter } from './listen-filter.js';
import type { ModernRequest } from './modern-request.js';
import { subscriptionEnded } from './modern-result.js';
import { SUBSCRIPTION_ID_KEY } from '../json-rpc/request-meta.js';
import { SessionSlots } from '../sessions/session-slots.js';

/**
 * Serves `subscriptions/listen`: a stream of the changes that a client of the modern era has asked for (2026-07-28,
 * basic/patterns/subscriptions). The first message names the accepted subscriptions. The stream lasts until the client closes it, until
 * its credential expires or is revoked, or until the gateway shuts down.
 */
@Injectable()
export class ListenSubscriptions {
  private readonly logger = new Logger(ListenSubscriptions.name);

  constructor(
    private readonly streams: EventStreams,
    private readonly slots: SessionSlots,
    private readonly listChanged: ListChanged,
    private readonly resources: Resources,
    private readonly config: Config,
  ) {}

  async open(from: ModernRequest, reply: FastifyReply): Promise<void> {
    const { message, principal } = from;
    let filter: ListenFilter;
    try {
      filter = readFilter(message.params?.notifications);
      this.slots.acquire(principal);
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      return answerJson(reply, error.status, errorMessage(message.id, error), error.headers);
    }
    const leave: (() => void)[] = [];
    const onClose = (): void => {
      this.slots.release(principal);
      leave.splice(0).forEach((stop) => stop());
    };
    const farewell = String(resultMessage(message.id, subscriptionEnded(message.id)));
    const stream = this.streams.openStanding(reply, principal, onClose, farewell);
    const early: string[] = [];
    let send = (text: string): void => void early.push(text);
    const subscribed = await this.subscribe(filter.resources, (text) => send(text), from, leave);
    if (!stream.isOpen) return leave.splice(0).forEach((stop) => stop());

    const resourceSubscriptions = subscribed.length > 0 ? subscribed : undefined;
    const notifications = { ...filter.flags, resourceSubscriptions };
    stream.send(tagged('notifications/subscriptions/acknowledged', message.id, { notifications }));
    send = (text) => stream.send(text);
    early.forEach(send);
    const announcement = (list: ChangingList): string => tagged(`notifications/${list}/list_changed`, message.id);
    const shown = { view: from.view, capabilities: requestableCapabilities(capabilitiesOf(message.params ?? {})) };
    this.listChanged.follow(stream, principal, shown, filter.lists, announcement);
  }

  /** @returns the URIs to which the gateway could subscribe */
  private async subscribe(
    uris: readonly string[],
    send: (text: string) => void,
    { message, request, principal, view }: ModernRequest,
    leave: (() => void)[],
  ): Promise<string[]> {
    const call = openCall({ principal, requestId: request.id, timeoutMs: this.config.toolCallTimeoutMs });
    const onUpdated = (params: RawObject): void => send(tagged('notifications/resources/updated', message.id, params));
    try {
      const attempts = uris.map(async (uri) => {
        try {
          leave.push(await this.resources.subscribe(uri, call.context, view, onUpdated));
          return [uri];
        } catch (err) {
          this.logger.debug({ msg: 'a resource cannot be listened to', requestId: request.id, err });
          return [];
        }
      });
      return (await Promise.all(attempts)).flat();
    } finally {
      call.close();
    }
  }
}

/** Returns a notification that names its subscription. */
function tagged(method: string, id: RequestId, params: RawObject = {}): string {
  const meta = isObject(params._meta) ? params._meta : {};
  return notificationMessage(method, { ...params, _meta: { ...meta, [SUBSCRIPTION_ID_KEY]: id } });
}
