// What ModelScope says around its data: envelopes, codes, and the texts of its refusals (modelscope.md 1.5, 1.6).

import { randomUUID } from 'node:crypto';
import { type Canned, type Exchange, Refusal, send } from './server.ts';

/** Codes as the live service was seen to send them. */
export const CODES = {
  missing: { code: 10010205001, message: '获取模型信息失败，信息：record not found' },
  noAccess: { code: 10010200001, message: '获取模型信息失败，信息：no access' },
  noTree: { code: 10990101004, message: '获取模型目录树失败' },
  noFile: { code: 10990101007, message: '获取模型文件失败，文件内容为空' },
} as const;

/** How refusals are sent: with a status of their own, or under 200. Both were seen. */
export type ErrorStyle = '4xx' | '200';

export function sendData(
  exchange: Exchange,
  data: unknown,
  beside: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const body = { Code: 200, Success: true, Message: 'success', RequestId: randomUUID(), ...beside, Data: data };
  return send(exchange, { status: 200, body });
}

/** The same without what some answers were seen to lack (modelscope.md 1.5). */
export function sendBare(exchange: Exchange, data: unknown): Promise<void> {
  return send(exchange, { status: 200, body: { Code: 200, Data: data } });
}

export function refuse(kind: keyof typeof CODES, style: ErrorStyle): Refusal {
  const { code, message } = CODES[kind];
  return new Refusal(failure(style === '200' ? 200 : 404, code, message));
}

export function failure(status: number, code: number, message: string): Canned {
  return { status, body: { Code: code, Message: message, RequestId: randomUUID(), Success: false } };
}

export function sendOpen(exchange: Exchange, data: unknown): Promise<void> {
  return send(exchange, { status: 200, body: { success: true, request_id: randomUUID(), data } });
}

export function refuseOpen(status: number, message: string): Refusal {
  return new Refusal({ status, body: { success: false, message, request_id: randomUUID() } });
}
