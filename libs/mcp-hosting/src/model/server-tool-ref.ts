/** Reference to a tool of a server. The tenant comes from the caller, never from the reference. */
export class ServerToolRef {
  constructor(
    readonly server: string,
    readonly tool: string,
  ) {}
}
