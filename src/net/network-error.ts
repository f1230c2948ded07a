// Names for what goes wrong below HTTP. Addresses in messages are cut to the host: queries hold signatures.

import { aborted, type ErrorCode, ModelFetchError } from '../core/errors.ts';

/** The host (and port) of an address, for messages. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
  ETIMEDOUT: 'TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'STALLED',
};

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN/,
    'The name of the host could not be looked up: check the endpoint, the network and the proxy.',
  ],
  [/ECONNREFUSED/, 'Nothing listens there: check the endpoint and the proxy.'],
  [/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|SSL/, 'The certificate was refused: give your own CA by NODE_EXTRA_CA_CERTS.'],
];

/** Turns what the network library threw into NETWORK, TIMEOUT, STALLED or ABORTED. */
export function errorOfNetwork(error: unknown, url: string, signal: AbortSignal): ModelFetchError {
  if (signal.aborted) return aborted();
  if (error instanceof ModelFetchError) return error;
  const { code, text } = describe(error);
  const known = CODES[code] ?? 'NETWORK';
  const what =
    { TIMEOUT: 'did not answer in time', STALLED: 'stopped sending' }[known as string] ??
    'could not be reached or broke off';
  const hint = HINTS.find(([pattern]) => pattern.test(`${code} ${text}`))?.[1];
  return new ModelFetchError(known, `${hostOf(url)} ${what} (${code === '' ? text : code}).`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function describe(error: unknown): { code: string; text: string } {
  if (!(error instanceof Error)) return { code: '', text: String(error) };
  // Several addresses of one host fail together; the first tells enough.
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  if (code === '' && inner.cause instanceof Error) return describe(inner.cause);
  return { code, text: inner.message };
}
