import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@manifold/auth';
import { Config, VERSION } from '@manifold/config';

/** A short page for users who open the gateway's URL in a browser. */
@ApiExcludeController()
@Controller()
export class HomeController {
  constructor(private readonly config: Config) {}

  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  home(): string {
    const { legacySse, publicDetails } = this.config;
    const url = escapeHtml(this.config.publicUrl);
    return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Manifold</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em;border-radius:4px}</style></head>
<body>
<h1>Manifold <small>${VERSION}</small></h1>
<p>One MCP gateway for everything that your agents may use.</p>
<p>Point an MCP client at <code>${url}/mcp</code> (Streamable HTTP)${legacySse ? ` or <code>${url}/sse</code> (HTTP+SSE)` : ''}.</p>
<ul>
<li>${publicDetails ? '<a href="/docs">REST API</a> (<a href="/docs-json">OpenAPI document</a>)' : 'REST API: <code>/docs-json</code>, with a credential'}</li>
<li><a href="/healthz">Health</a></li>
</ul>
</body>
</html>
`;
  }
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
