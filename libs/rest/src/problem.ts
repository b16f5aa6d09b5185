/** A field that made a request unacceptable. */
export interface FieldFault {
  /** JSON pointer to the field (RFC 6901). */
  readonly pointer: string;
  /** Which rule it broke, for programs. */
  readonly code: string;
  readonly detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly FieldFault[];
  /** Seconds, for the header Retry-After. */
  readonly retryAfter?: number;
  /** Further members of the body (RFC 9457, section 3.2). */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A request that is answered with an error status: what services throw and the one filter writes as
 * `application/problem+json` (RFC 9457). The message reaches the client: no secret, no driver text.
 */
export class Problem extends Error {
  readonly errors: readonly FieldFault[];
  readonly retryAfter?: number;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /** @param code in snake case, stable, for programs */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options: ProblemOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'Problem';
    this.errors = options.errors ?? [];
    this.retryAfter = options.retryAfter;
    this.extensions = options.extensions ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The body of every error answer. `success` and `error` are what clients of the mcp-api routes read. */
export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly FieldFault[];
  readonly success: false;
  readonly error: string;
}
