// Redirects that lead elsewhere, nowhere or in a circle. A hub's answer that sends the client to the bytes is their place.

import type { AnswerContext } from '../file-answer.ts';
import { always, type Fault, forEver, once, withHeaders } from './fault.ts';

type Aim = (target: URL, context: AnswerContext) => string | undefined;

/** Sends the client to another address than the hub meant. */
const aimed = (name: string, aim: Aim): Fault =>
  once(
    name,
    (answer, context) => {
      const target = new URL(String(answer.headers['Location']), context.url);
      return withHeaders(answer, { Location: aim(target, context) });
    },
    { places: ['link'] },
  );

const changed = (target: URL, changes: Partial<Pick<URL, 'protocol' | 'username' | 'password' | 'hostname'>>): string =>
  Object.assign(new URL(target), changes).href;

const nobody = aimed('redirect to a name that nobody has', () => 'http://nowhere.invalid/file');
const refused = aimed('redirect to a port where nobody listens', () => 'http://127.0.0.1:1/file');
const expired = aimed('redirect to a link that has expired', (target) =>
  target.href.replace(/(auth_key|Signature)=/, '$1=x'),
);
const onlySigned = {
  applies: ({ headers }) => /auth_key|Signature/.test(String(headers['Location'])),
} satisfies Partial<Fault>;

export const LINKS: readonly Fault[] = [
  forEver(
    aimed('redirect to itself', (_target, { url }) => url),
    'HUB_PROTOCOL',
  ),
  aimed('relative redirect', (_target, { url }) => new URL(url).search || new URL(url).pathname),
  forEver(
    aimed('redirect without a target', () => undefined),
    'HUB_PROTOCOL',
  ),
  forEver(
    aimed('redirect to another scheme', () => 'ftp://127.0.0.1/file'),
    'HUB_PROTOCOL',
  ),
  {
    ...forEver(
      aimed('redirect to another origin', (_target, { url }) => changed(new URL(url), { hostname: 'localhost' })),
      'recovers',
    ),
    applies: (_answer, { url }) => new URL(url).hostname !== 'localhost',
  },
  always(
    'redirect with a user and a password',
    (answer, context) => {
      const target = new URL(String(answer.headers['Location']), context.url);
      return withHeaders(answer, { Location: changed(target, { username: 'user', password: 'password' }) });
    },
    { places: ['link'] },
  ),
  { ...expired, ...onlySigned },
  { ...forEver(expired, 'LINK_EXPIRED'), ...onlySigned },
  nobody,
  forEver(nobody, 'NETWORK'),
  refused,
  forEver(refused, 'NETWORK'),
  forEver(
    aimed('redirect to a host that speaks no TLS', (target) => changed(target, { protocol: 'https:' })),
    'NETWORK',
  ),
];
