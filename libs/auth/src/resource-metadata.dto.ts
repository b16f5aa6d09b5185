/** OAuth 2.0 Protected Resource Metadata (RFC 9728, section 2). */
export class ResourceMetadataDto {
  /** The MCP endpoint: the audience that tokens must name (RFC 8707). */
  resource: string;

  /** Issuers whose tokens are accepted. */
  authorization_servers?: string[];

  bearer_methods_supported: string[];
  resource_name: string;
}
