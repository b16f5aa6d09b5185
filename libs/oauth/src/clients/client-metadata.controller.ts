import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '@manifold/auth';
import { CLIENT_METADATA_PATH, GatewayClient } from './gateway-client.js';

/** Serves the metadata that authorization servers read instead of registering the gateway. */
@ApiTags('oauth')
@Controller(CLIENT_METADATA_PATH)
export class ClientMetadataController {
  constructor(private readonly client: GatewayClient) {}

  @Get()
  @Public()
  @Header('cache-control', 'public, max-age=3600')
  @ApiOperation({
    summary: 'Get the OAuth client metadata of the gateway',
    description: 'The answer is a client ID metadata document. Its URL is the client ID.',
  })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: true } })
  document(): object {
    return this.client.document;
  }
}
