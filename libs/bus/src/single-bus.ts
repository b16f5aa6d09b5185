import { Bus, ReplicaGoneError, type Unsubscribe } from './bus.js';
import { newReplicaId } from './replica-id.js';

const NOTHING: Unsubscribe = () => undefined;

/** The only process: nobody else listens, and nothing is missed. */
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

  tell(): void {
    // There is no other replica: who would have heard it has ended.
  }

  onTold(): Unsubscribe {
    return NOTHING;
  }

  ask(): Promise<never> {
    return Promise.reject(new ReplicaGoneError());
  }

  onAsked(): Unsubscribe {
    return NOTHING;
  }

  onMissed(): Unsubscribe {
    return NOTHING;
  }
}
