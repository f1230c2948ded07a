// The fake cache service in a process of its own: prints what a runner would set and where it keeps its bytes; ends with its input.

import { startCacheService } from '../../fakes/cache-service.ts';

const service = await startCacheService();
process.stdout.write(`${JSON.stringify({ ...service.environment(), folder: service.folder })}\n`);
process.stdin.resume().on('end', () => void service.close());
