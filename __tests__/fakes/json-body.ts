// JSON bodies of requests, read whatever the Content-Type says (modelscope.md 1.4).

import { type Exchange, Refusal } from './server.ts';

/** The object that the body is; an empty body is one without members. @throws 400 */
export async function parseObject(exchange: Exchange): Promise<Record<string, unknown>> {
  return toObject((await exchange.readBody()).toString() || '{}');
}

/** @throws 400 for a text that is no object */
export function toObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, as for any other body that is no object.
  }
  throw new Refusal({ status: 400, body: { error: 'Invalid JSON', message: 'Invalid JSON' } });
}
