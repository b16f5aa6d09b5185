/** A field that made a request unacceptable. */
export interface FieldFault {
  /** JSON pointer to the field (RFC 6901). */
  readonly pointer: string;
  /** Code of the rule that the field breaks, for programs. */
  readonly code: string;
  readonly detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly FieldFault[];
  /** Seconds for the header Retry-After. */
  readonly retryAfter?: number;
  /** Further members of the body (RFC 9457, section 3.2). */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is no error of the gateway in spite of its status, such as a server that is still starting. It is not logged as one. */
  readonly isExpected?: boolean;
}

/**
 * Error: a request is answered with an error status. Services throw it, and one filter writes it as `application/problem+json` (RFC 9457).
 * Clients see the message, so it must not contain secrets or messages of the database driver.
 */
export class ProblemError extends Error {
  readonly errors: readonly FieldFault[];
  readonly retryAfter?: number;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly isExpected: boolean;

  /** @param code in snake case, stable, for programs */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options: ProblemOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ProblemError';
    this.errors = options.errors ?? [];
    this.retryAfter = options.retryAfter;
    this.extensions = options.extensions ?? {};
    this.headers = options.headers ?? {};
    this.isExpected = options.isExpected ?? false;
  }
}

/** The body of every error answer. Clients of the mcp-api routes read `success` and `error`. */
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
