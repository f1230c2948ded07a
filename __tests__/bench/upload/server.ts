// A program: the fake hub, which looks at the size of what arrives and keeps none of it, and a sink for the floor. Tells its addresses on
// stdout; ends with its standard input.

import { startFakes } from '../../fakes/index.ts';
import { send, serve } from '../../fakes/server.ts';

const shelf = { keepLimitBytes: 0, check: 'size' } as const;
const rateLimit = { api: 1e9, resolvers: 1e9, resetSeconds: 1 };
const fakes = await startFakes([], { huggingface: { rateLimit, upload: { shelf } } });
// It takes bodies in as the fake does, so that what the server costs is the same for all.
const sink = await serve(async (exchange) => {
  for await (const _chunk of exchange.incoming());
  await send(exchange, { status: 200, body: {} });
});
process.stdout.write(`${JSON.stringify({ hub: fakes.huggingface.url, sink: sink.url })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
