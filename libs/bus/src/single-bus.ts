import { Bus, type Unsubscribe } from './bus.js';
import { ReplicaEndedError } from './replica-gone-error.js';
import { newReplicaId } from './replica-id.js';

const NOTHING: Unsubscribe = () => undefined;

/** The bus of a single process: there is no other replica, and no announcement is missed. */
export class SingleBus extends Bus {
  readonly replica = newReplicaId();
  readonly isShared = false;
  readonly isConnected = true;

  announce(): Promise<never[]> {
    return Promise.resolve([]);
  }

  onAnnounced(): Unsubscribe {
    return NOTHING;
  }

  call(): Promise<never> {
    return Promise.reject(new ReplicaEndedError());
  }

  onCalled(): Unsubscribe {
    return NOTHING;
  }

  onMissed(): Unsubscribe {
    return NOTHING;
  }
}
