import { Injectable } from '@nestjs/common';
import { Config, PRODUCT_NAME } from '@manifold/config';
import { isLoopback } from './metadata-rules.js';

/** Paths of the gateway that authorization servers know. */
export const CALLBACK_PATH = '/oauth/callback';
export const CLIENT_METADATA_PATH = '/oauth/client.json';
/** Where users start; the name of the server follows. */
export const CONNECT_PATH = '/oauth/connect';

/** What the gateway says of itself as a client. */
@Injectable()
export class GatewayClient {
  private readonly publicUrl: string;
  readonly redirectUri: string;
  /** The URL of the gateway's metadata document, which is its client id where that is understood. */
  readonly metadataUrl: string;
  /** Whether authorization servers can be expected to fetch the document: a public host has it, or the gateway is one. */
  readonly hasDocument: boolean;
  /** Whether browsers reach it over plain http: development on one machine. */
  readonly isPlain: boolean;

  constructor({ publicUrl, oauthClientMetadataUrl }: Config) {
    this.publicUrl = publicUrl;
    this.redirectUri = `${publicUrl}${CALLBACK_PATH}`;
    this.metadataUrl = oauthClientMetadataUrl ?? `${publicUrl}${CLIENT_METADATA_PATH}`;
    this.isPlain = publicUrl.startsWith('http:');
    this.hasDocument = oauthClientMetadataUrl !== undefined || (!this.isPlain && !isLoopback(publicUrl));
  }

  /** The client id metadata document (draft-ietf-oauth-client-id-metadata-document), served at `CLIENT_METADATA_PATH`. */
  get document(): object {
    return { client_id: this.metadataUrl, ...this.description('none') };
  }

  /** What a registration asks for (RFC 7591). */
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
