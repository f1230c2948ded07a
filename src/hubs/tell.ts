// One exchange with a hub under its token, judged by the hub's dialect. Knows no hub by name.

import type { Credential, HttpRequest, HttpText } from '../core/http.ts';
import type { Transport } from '../core/ports.ts';
import type { Keys } from './keys.ts';

export interface Told {
  readonly request: HttpRequest;
  /** Whether it must not be repeated without looking. */
  readonly isOnce?: boolean;
  /** Whether its address alone entitles to it, so that the token stays at home. */
  readonly isAnonymous?: boolean;
  /** The typed error that the answer stands for; undefined when it is what was hoped for. */
  judge(answer: HttpText): Error | undefined;
}

/** The answer. A token that is refused is renewed once, since a refusal changes nothing.
 * @throws what `judge` makes of the answer, and as `Transport.read`, or as `once` for what is sent once */
export async function tell(
  keys: Keys,
  transport: Transport,
  { request, isOnce, isAnonymous, judge }: Told,
  signal: AbortSignal,
): Promise<HttpText> {
  const work = async (credential: Credential | undefined) => {
    const full = withCredential(request, credential);
    const answer = await (isOnce === true ? transport.once(full, signal) : transport.read(full, signal));
    const error = judge(answer);
    if (error !== undefined) throw error;
    return answer;
  };
  return isAnonymous === true ? work(undefined) : keys.use(work, signal);
}

export function withCredential(request: HttpRequest, credential: Credential | undefined): HttpRequest {
  return credential === undefined ? request : { ...request, credential };
}
