// What the storage of the Hugging Face Hub answers to parts of a file, and how an upload there ends.

import { ModelFetchError } from '../../core/errors.ts';
import type { LocalFile, Receipt, SendTicket } from '../../core/ports/push.ts';
import type { FailedAnswer } from '../../core/ports.ts';
import type { ModelRef } from '../../core/ref.ts';
import { LFS_TYPE, lfsObject } from '../lfs.ts';
import { storageRefusal } from '../storage.ts';
import type { HuggingfaceApi } from './api.ts';
import { huggingfaceChangeRefusal } from './push-wire.ts';

/** The storage’s answer to a part. @throws as Push.receive */
export function receiveHuggingface(ticket: SendTicket, index: number, answer: FailedAnswer): Receipt {
  const refusal = storageRefusal(answer, `"${ticket.file.path}"`);
  if (refusal !== undefined) throw refusal;
  const etag = answer.headers['etag'] ?? '';
  if (ticket.closing.complete !== undefined && etag === '') {
    throw new ModelFetchError(
      'HUB_PROTOCOL',
      `The storage took a part of "${ticket.file.path}" and gave no mark of it.`,
      {
        hint: 'Something between here and the storage may be removing the ETag header from its answers.',
      },
    );
  }
  return { upload: ticket.upload, index, etag };
}

/** Joins the parts, without the token, and lets the hub look at the result, with it (huggingface.md 5.4). @throws as Push.finish */
export async function finishHuggingface(
  { api, ref }: { api: HuggingfaceApi; ref: ModelRef },
  { file, closing }: SendTicket,
  receipts: readonly Receipt[],
  signal: AbortSignal,
): Promise<void> {
  const object = lfsObject(file);
  const headers = { accept: LFS_TYPE, 'content-type': LFS_TYPE };
  if (closing.complete !== undefined) {
    const parts = receipts
      .toSorted((a, b) => a.index - b.index)
      .map(({ index, etag }) => ({ partNumber: index + 1, etag }));
    const body = JSON.stringify({ oid: object.oid, parts });
    const request = { method: 'POST', url: closing.complete, headers, body } as const;
    await api.tell({ request, isAnonymous: true, judge: (answer) => storageRefusal(answer, `"${file.path}"`) }, signal);
  }
  if (closing.verify === undefined) return;
  const question = api.question(`"${file.path}"`, ref);
  const request = { method: 'POST', url: closing.verify, headers, body: JSON.stringify(object) } as const;
  await api.tell(
    { request, judge: (answer) => verifyRefusal(huggingfaceChangeRefusal(answer, question), file) },
    signal,
  );
}

function verifyRefusal(refusal: ModelFetchError | undefined, file: LocalFile): ModelFetchError | undefined {
  if (refusal === undefined || !['NOT_FOUND', 'REFUSED', 'CONFLICT'].includes(refusal.code)) return refusal;
  return new ModelFetchError(
    'DIGEST_MISMATCH',
    `The hub does not find what was sent of "${file.path}": ${refusal.message}`,
    {
      hint: 'Run again: what is wrong is sent anew.',
      cause: refusal,
    },
  );
}
