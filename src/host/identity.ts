// Who the job is, as GitHub’s runner signs it (github-actions.md 4.1). What the signed text is worth to anybody is not known here.

import { ModelFetchError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { HttpText } from '../core/http.ts';
import type { Transport } from '../core/ports.ts';
import type { Identity } from '../core/token.ts';
import type { Environment } from './environment.ts';

/** Reads the runner’s variables anew for each proof, and asks the runner’s endpoint. */
export function createIdentity(
  first: Environment['first'],
  { transport, emit }: { transport: Transport; emit: Emit },
): Identity {
  return {
    async prove(audience, signal) {
      const { url, secret } = readDoor(first);
      emit({ type: 'secret', value: secret });
      url.searchParams.set('audience', audience);
      const credential = { origin: url.origin, bearer: secret };
      const headers = { accept: 'application/json' };
      const answer = await transport.read({ method: 'GET', url: url.href, headers, credential }, signal);
      const jwt = readValue(answer);
      emit({ type: 'secret', value: jwt });
      return jwt;
    },
  };
}

function readDoor(first: Environment['first']): { url: URL; secret: string } {
  const address = first(['ACTIONS_ID_TOKEN_REQUEST_URL'])?.value ?? '';
  const secret = first(['ACTIONS_ID_TOKEN_REQUEST_TOKEN'])?.value ?? '';
  if (URL.canParse(address) && secret !== '') return { url: new URL(address), secret };
  if (first(['GITHUB_ACTIONS'])?.value !== 'true') {
    throw new ModelFetchError('NO_IDENTITY', '`token` is `oidc`, and this is no job of GitHub Actions.', {
      hint: 'Give a token of your own, or run it in a workflow.',
    });
  }
  throw new ModelFetchError('NO_IDENTITY', '`token` is `oidc`, and this job may not prove who it is.', {
    hint: PERMISSION,
  });
}

const PERMISSION =
  'Add to the job in the workflow: `permissions:` with the lines `contents: read` and `id-token: write`. A pull request from a fork ' +
  'gets no identity.';

function readValue({ status, text }: HttpText): string {
  const value = status === 200 ? proofIn(text) : undefined;
  if (value !== undefined) return value;
  throw new ModelFetchError('NO_IDENTITY', `The runner did not say who this job is (status ${status}).`, {
    hint: PERMISSION,
  });
}

function proofIn(text: string): string | undefined {
  try {
    const value = (JSON.parse(text) as { value?: unknown } | null)?.value;
    // Three parts of base64url: anything else is no proof, and could not be sent.
    return typeof value === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? value : undefined;
  } catch {
    // A page in place of JSON is no proof either.
    return undefined;
  }
}
