import { Inspector, INSPECTED } from './inspector.mjs';
import { GatewayHome } from './programs.mjs';
import { openSession } from './requests.mjs';

const PARALLEL = 16;
/** Opened before the first look at the heap, so that nothing which is made once counts as a session's. */
const WARM_UP_SESSIONS = 200;

/** @returns bytes of heap that one idle session takes, measured after a forced collection */
export async function measureSessionMemory({ sessions }) {
  const home = new GatewayHome();
  const token = await home.createKey();
  const gateway = await home.start([INSPECTED]);
  const inspector = await Inspector.connect(home);
  try {
    await openMany(gateway.url, token, WARM_UP_SESSIONS);
    const before = await inspector.heapUsed();
    await openMany(gateway.url, token, sessions);
    const after = await inspector.heapUsed();
    return (after - before) / sessions;
  } finally {
    inspector.close();
    await gateway.stop();
    home.remove();
  }
}

async function openMany(url, token, count) {
  let left = count;
  const openSome = async () => {
    while (left-- > 0) await openSession(url, token);
  };
  await Promise.all(Array.from({ length: PARALLEL }, openSome));
}
