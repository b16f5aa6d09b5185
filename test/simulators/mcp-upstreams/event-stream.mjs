export function openSse(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
}

export function sendSse(response, message) {
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}
