/** Whose server it is comes from the caller, never from the reference. */
export class ServerToolRef {
  constructor(
    readonly server: string,
    readonly tool: string,
  ) {}
}
