import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '@manifold/auth';
import { CLIENT_METADATA_PATH, GatewayClient } from './gateway-client.js';

/** Where authorization servers read who the gateway is, instead of having it registered. */
@ApiTags('oauth')
@Controller(CLIENT_METADATA_PATH)
export class ClientMetadataController {
  constructor(private readonly client: GatewayClient) {}

  @Get()
  @Public()
  @Header('cache-control', 'public, max-age=3600')
  @ApiOperation({
    summary: 'The gateway as an OAuth client',
    description: 'A client id metadata document; its URL is the client id.',
  })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: true } })
  document(): object {
    return this.client.document;
  }
}
