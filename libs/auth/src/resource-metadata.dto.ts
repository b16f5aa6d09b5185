/** OAuth 2.0 Protected Resource Metadata (RFC 9728, section 2). */
export class ResourceMetadataDto {
  /** URL of the endpoint. Tokens must name it as their audience (RFC 8707). */
  resource: string;

  /** Issuers whose tokens the gateway accepts, without Paragon and Integration.app. */
  authorization_servers: string[];

  bearer_methods_supported: string[];
  resource_name: string;
}
