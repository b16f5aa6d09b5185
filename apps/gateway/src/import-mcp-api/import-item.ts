/** A request of the REST API that brings a record over. */
export interface ImportRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A record of the other gateway, as this one would get it. */
export interface ImportItem {
  readonly kind: 'package' | 'server' | 'secret' | 'tokens';
  /** The server that it is, or belongs to. */
  readonly server: string;
  /** The user that it belongs to. */
  readonly username?: string;
  /** The name of a secret, or the name and version of a package. */
  readonly detail?: string;
  /** Undefined if the record cannot be brought over. `note` then says why. */
  readonly request?: ImportRequest;
  /** A remark for the operator. */
  readonly note?: string;
  /** Values that must not be shown. */
  readonly confidential?: readonly string[];
}
