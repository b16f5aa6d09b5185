/** An error answer in the form of Paragon's APIs. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    private readonly code: string,
    private readonly meta: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  get body(): object {
    return { message: this.message, code: this.code, status: this.status, meta: this.meta };
  }
}
