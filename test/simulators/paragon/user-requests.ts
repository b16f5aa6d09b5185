import type { ParagonProject } from './project.js';
import type { ParagonSimulator } from './paragon-simulator.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON. */
  readonly body: unknown;
}

/** Sends requests of one user like a gateway: for the specs of the simulator. */
export class UserRequests {
  constructor(
    private readonly simulator: ParagonSimulator,
    private readonly project: ParagonProject,
    private readonly user: string,
  ) {}

  /** @param path below the project */
  async fetch(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    return fetch(`${this.simulator.url}/projects/${this.project.projectId}${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${await this.project.token(this.user)}`,
        'content-type': 'application/json',
        ...(headers as Record<string, string>),
      },
    });
  }

  async get(path: string): Promise<Answer> {
    return answerOf(await this.fetch(path));
  }

  async post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return answerOf(await this.fetch(path, { method: 'POST', body: JSON.stringify(body), headers }));
  }
}

const answerOf = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: response.headers,
  body: await response.json(),
});
