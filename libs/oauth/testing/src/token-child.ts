import 'reflect-metadata';
import { TokenService, type TokenOptions } from '../../src/tokens/token.service.js';
import { OAuthProcess } from './oauth-process.js';
import { user } from './user.js';

/** A request of a test to a token child. */
export interface TokenRequest {
  readonly id: number;
  readonly subject: string;
  readonly options: Omit<TokenOptions, 'signal'>;
}

export interface TokenAnswer {
  readonly id: number;
  readonly token?: string;
  /** The code of the fault. */
  readonly fault?: string;
}

/** A process of its own that gives out tokens, in Node's own module system. Its argument is the folder of the data. Ends when its parent does. */
async function run(): Promise<void> {
  const gateway = await OAuthProcess.start({ dataDir: process.argv[2]!, leaseMs: 4000 });
  const tokens = gateway.get(TokenService);
  process.on('message', ({ id, subject, options }: TokenRequest) => {
    const { signal } = new AbortController();
    tokens.accessToken(user(subject), { ...options, signal }).then(
      (token) => answer({ id, token }),
      (error: { code?: string; message: string }) => answer({ id, fault: error.code ?? error.message }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.send!('ready');
}

const answer = (message: TokenAnswer): void => void process.send!(message);

void run();
