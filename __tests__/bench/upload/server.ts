// A program: the fake hub, which looks at the size of what arrives and keeps none of it, and a sink for the floor. Tells its addresses on
// stdout; ends with its standard input.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFakes } from '../../fakes/index.ts';

const shelf = { keepLimitBytes: 0, check: 'size' } as const;
const rateLimit = { api: 1e9, resolvers: 1e9, resetSeconds: 1 };
const fakes = await startFakes([], { huggingface: { rateLimit, upload: { shelf } } });
const sink = createServer((request, response) => {
  request.on('end', () => response.end('{}')).resume();
});
await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
const { port } = sink.address() as AddressInfo;
process.stdout.write(`${JSON.stringify({ hub: fakes.huggingface.url, sink: `http://127.0.0.1:${port}` })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
