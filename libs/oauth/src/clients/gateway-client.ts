import { Injectable } from '@nestjs/common';
import { Config, PRODUCT_NAME } from '@manifold/config';
import { isLoopback } from '../protocol/metadata-rules.js';

/** Paths of the gateway that authorization servers use. */
export const CALLBACK_PATH = '/oauth/callback';
export const CLIENT_METADATA_PATH = '/oauth/client.json';
/** Path at which users start; the name of the server follows. */
export const CONNECT_PATH = '/oauth/connect';

/** Description of the gateway as an OAuth client. */
@Injectable()
export class GatewayClient {
  private readonly publicUrl: string;
  readonly redirectUri: string;
  /** URL of the gateway's metadata document. It is also the client id at authorization servers that support such documents. */
  readonly metadataUrl: string;
  /**
   * Whether authorization servers can be expected to reach the document: it is on a configured host, or the gateway has a public https URL.
   */
  readonly hasDocument: boolean;
  /** Whether browsers reach the gateway over plain http, as in development on one machine. */
  readonly isPlain: boolean;

  constructor({ publicUrl, oauthClientMetadataUrl }: Config) {
    this.publicUrl = publicUrl;
    this.redirectUri = `${publicUrl}${CALLBACK_PATH}`;
    this.metadataUrl = oauthClientMetadataUrl ?? `${publicUrl}${CLIENT_METADATA_PATH}`;
    this.isPlain = publicUrl.startsWith('http:');
    this.hasDocument = oauthClientMetadataUrl !== undefined || (!this.isPlain && !isLoopback(publicUrl));
  }

  /** Returns the client id metadata document (draft-ietf-oauth-client-id-metadata-document), served at `CLIENT_METADATA_PATH`. */
  get document(): object {
    return { client_id: this.metadataUrl, ...this.description('none') };
  }

  /** Returns the client metadata for a registration (RFC 7591). */
  description(authMethod: string) {
    return {
      client_name: PRODUCT_NAME,
      client_uri: this.publicUrl,
      redirect_uris: [this.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: authMethod,
      application_type: isLoopback(this.publicUrl) ? 'native' : 'web',
    };
  }
}
