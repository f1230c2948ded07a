// Lets a plan of faults strike what a hub says: redirects to bytes, and texts about repositories. Bytes have file-answer.ts.

import { createBody } from './content.ts';
import type { FaultPlan } from './faults.ts';
import { type Answer, type AnswerContext, addressOf, type Place, sendAnswer } from './file-answer.ts';
import { bytesOfText, type Canned, type Exchange, headersOfText, type RequestLog } from './server.ts';

/** @param pathOf the file that a request is about, or its own path */
export function spoilTexts(exchange: Exchange, faults: FaultPlan, pathOf: (log: RequestLog) => string): void {
  if (exchange.log.method === 'HEAD') return;
  exchange.spoil = async (canned) => {
    const place = placeOf(exchange.log, canned);
    if (place === undefined) return false;
    const answer = toAnswer(canned);
    const body = createBody(bytesOfText(canned));
    const context: AnswerContext = {
      path: pathOf(exchange.log),
      place,
      url: addressOf(exchange),
      body,
      span: undefined,
      options: {},
    };
    const spoiled = faults.apply(answer, context);
    if (spoiled === answer) return false;
    await sendAnswer(exchange, spoiled);
    return true;
  };
}

// A refusal of a file is neither: it has a row of its own.
function placeOf({ kind }: RequestLog, { status }: Canned): Place | undefined {
  if (kind === 'api') return 'api';
  return kind === 'file' && status >= 300 && status < 400 ? 'link' : undefined;
}

function toAnswer(canned: Canned): Answer {
  const bytes = bytesOfText(canned);
  return {
    status: canned.status,
    headers: headersOfText(canned),
    sizeBytes: bytes.length,
    read: () => [bytes],
    ending: 'end',
  };
}
