// undici, without what a browser's networking brings besides: fetch, WebSockets, caches and mocks. Loading those with its main file
// takes an eighth of the time of a run that finds nothing to do.

import type { Dispatcher as DispatcherType } from 'undici';
import api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import type { TimeLimits } from '../core/http.ts';
import { type ProxySetting, proxyAddress } from './proxy.ts';

// As its main file does; its own proxies count on it.
Object.assign(Dispatcher.prototype, api);

/** Connection pools for each origin, through the proxy where there is one. @throws BAD_OPTION for an address that cannot be read */
export function createDispatcher(proxy: ProxySetting, { connectMs, headersMs, silenceMs }: TimeLimits): DispatcherType {
  return new EnvHttpProxyAgent({
    httpProxy: proxyAddress(proxy.http),
    httpsProxy: proxyAddress(proxy.https),
    noProxy: proxy.none ?? '',
    connect: { timeout: connectMs },
    headersTimeout: headersMs,
    bodyTimeout: silenceMs,
    allowH2: false,
  });
}
