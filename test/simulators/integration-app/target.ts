import type { ReceivedRequest } from '../http/exchange.js';
import type { Catalogue } from './catalogue.js';

/**
 * The requests that a behaviour applies to: a path (`/connections`, `/actions`, `/action-instance/run`), the key of an integration
 * (`gmail`: listings of its actions), or an action (`gmail/send-email`: its runs).
 */
export type Target = string;

export const CONNECTIONS = '/connections';
export const ACTIONS = '/actions';
export const RUN = '/action-instance/run';

/** Checks a target, so that a test with a misspelt one does not pass. */
export function checkTarget(target: Target, catalogue: Catalogue): void {
  if ([CONNECTIONS, ACTIONS, RUN].includes(target)) return;
  const [integration = '', ...action] = target.split('/');
  const known = catalogue.get(integration);
  if (known && (action.length === 0 || known.actions.some(({ key }) => key === action.join('/')))) return;
  throw new Error(`Neither an integration, an action nor a path of Integration.app: ${target}`);
}

export const hits = (target: Target, { path, action }: ReceivedRequest): boolean =>
  target === path || target === action;

/** Returns the target of a request: the integration, or the integration and action. */
export function subjectOf(path: string, query: ReceivedRequest['query'], catalogue: Catalogue): string | undefined {
  if (path === ACTIONS) return catalogue.withId(query.integrationId ?? '')?.key;
  return path === RUN ? `${query.integrationKey}/${query.parentKey}` : undefined;
}
