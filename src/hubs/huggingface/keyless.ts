// Tokens of the Hugging Face Hub for who the job is: exchanged, used for an hour, exchanged again (huggingface.md 1.4).

import * as v from 'valibot';
import { ModelFetchError } from '../../core/errors.ts';
import type { HttpText } from '../../core/http.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import { quoteWords } from '../../core/text/quote.ts';
import { shareAsk } from '../../core/token/shared-ask.ts';
import { spareAsk } from '../../core/token/spare-ask.ts';
import { type KeylessParts, readToken, type TokenSource } from '../../core/token.ts';
import { parseJson } from '../border.ts';

/** A token is left before it ends, so that no request is on its way when it does. */
const EARLY_MS = 300_000;
const USUAL_SECONDS = 3600;

const granted = v.object({ access_token: v.string(), expires_in: v.nullish(v.number()) });
const denied = v.object({ error: v.string(), error_description: v.nullish(v.string()) });

interface Held {
  readonly token: string;
  readonly leaveAtMs: number;
}

/** A source whose tokens may write to one repository. Many may ask at once; one exchange serves them.
 * @throws NO_IDENTITY when the hub does not trust the job, from every call */
export function createHuggingfaceKeyless(parts: KeylessParts): TokenSource {
  let held: Held | undefined;
  const renewed = shareAsk((signal) => exchange(parts, signal));
  const fresh = async (signal: AbortSignal) => {
    held = await renewed(signal);
    return held.token;
  };
  const another = spareAsk(fresh, parts.clock.nowMs);
  return {
    current: async (signal) =>
      held !== undefined && parts.clock.nowMs() < held.leaveAtMs ? held.token : fresh(signal),
    // Another request may have renewed it already.
    renew: async (refused, signal) => (held !== undefined && held.token !== refused ? held.token : another(signal)),
  };
}

// Who receives a proof could use it wherever its audience is believed, so each endpoint gets a proof for itself alone; for the public
// hub that is the documented audience.
async function exchange(parts: KeylessParts, signal: AbortSignal): Promise<Held> {
  const proof = await parts.identity.prove(parts.endpoint, signal);
  const answer = await ask(parts, proof, signal);
  const value = v.safeParse(granted, parseJson(answer.text));
  if (answer.status === 200 && value.success) return hold(parts, value.output);
  throw refused(parts, answer, proof);
}

function ask({ endpoint, ref, transport }: KeylessParts, proof: string, signal: AbortSignal): Promise<HttpText> {
  const body = JSON.stringify({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: proof,
    resource: resourceOf(ref),
  });
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  return transport.read({ method: 'POST', url: `${endpoint}/oauth/token`, headers, body }, signal);
}

function resourceOf(ref: ModelRef): string {
  return ref.kind === 'dataset' ? `datasets/${ref.repo}` : ref.repo;
}

function hold({ clock, emit }: KeylessParts, given: v.InferOutput<typeof granted>): Held {
  const token = readToken('the exchanged token', given.access_token);
  if (token === undefined)
    throw new ModelFetchError('NO_IDENTITY', 'The hub exchanged the identity for an empty token.');
  emit({ type: 'secret', value: token });
  const lifeMs = Math.max(0, given.expires_in ?? USUAL_SECONDS) * 1000;
  return { token, leaveAtMs: clock.nowMs() + Math.max(lifeMs - EARLY_MS, lifeMs / 2) };
}

function refused({ endpoint, ref }: KeylessParts, { status, text }: HttpText, proof: string): ModelFetchError {
  const said = v.safeParse(denied, parseJson(text));
  const words = said.success ? `: ${quoteWords(said.output.error_description ?? said.output.error)}` : '';
  const message = `${new URL(endpoint).host} gives this job no token for ${repositoryOf(ref)} (${status}${words}).`;
  return new ModelFetchError('NO_IDENTITY', message, {
    hint: `Add a trusted publisher in the settings of the repository with exactly what the job says of itself: ${claimsOf(proof)}.`,
  });
}

const SHOWN = { repository: 'repository', ref: 'ref', workflow_ref: 'workflow' } as const;

/** What the proof claims, as far as a publisher is matched by it; the rest, and the signature, are nobody’s business. */
function claimsOf(proof: string): string {
  const claims = v.safeParse(
    v.record(v.string(), v.unknown()),
    parseJson(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()),
  );
  const known = Object.entries(SHOWN).flatMap(([name, title]) => {
    const value = claims.success ? claims.output[name] : undefined;
    return typeof value === 'string' ? [`${title} ${quoteWords(value)}`] : [];
  });
  return known.length === 0 ? 'its repository, branch and workflow file' : known.join(', ');
}
