// Proxies as people write them in the environment. Pure.

import { ModelFetchError } from '../core/errors.ts';

export interface ProxySetting {
  readonly http?: string;
  readonly https?: string;
  /** Hosts that are reached directly, separated by commas. */
  readonly none?: string;
}

/** The address of a proxy; `host:port` alone means http, as everywhere. Empty for an empty text.
 * @throws BAD_OPTION; the address is not shown, since it may hold a password. */
export function proxyAddress(text: string | undefined): string {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return '';
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  if (URL.canParse(address) && /^(https?|socks5?):$/.test(new URL(address).protocol)) return address;
  throw new ModelFetchError('BAD_OPTION', 'The address of the proxy in the environment cannot be read.', {
    hint: 'Write HTTP_PROXY and HTTPS_PROXY like http://proxy.example.com:3128.',
  });
}
