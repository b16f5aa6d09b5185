/** An error answer in the form of Integration.app's API. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    private readonly type: string,
    private readonly key: string,
    message: string,
  ) {
    super(message);
  }

  get body(): object {
    return { type: this.type, key: this.key, message: this.message, data: {} };
  }
}

const KEYS: Readonly<Record<number, string>> = {
  401: 'not_authenticated',
  403: 'access_denied',
  404: 'not_found',
  429: 'rate_limit_exceeded',
};

/** Returns an error with the type and the key that usually belong to a status. */
export function errorOf(status: number, message: string): ApiError {
  const type = status >= 500 ? 'internal' : 'bad_request';
  return new ApiError(status, type, KEYS[status] ?? (status >= 500 ? 'internal' : 'bad_request'), message);
}
