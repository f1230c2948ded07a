// One process of the kill soak: the command on a store, and how it ended. Knows nothing of when it is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Fakes } from '../fakes/index.ts';
import type { HubName } from '../flows/open-flow.ts';

/** A process that takes longer hangs. */
const HANG_MS = 60_000;

export interface Place {
  /** Holds the store and the folder. */
  readonly root: string;
  readonly hub: HubName;
  readonly folder: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** `done`, `SIGKILL`, or what else it ended with. */
  readonly end: Promise<string>;
}

export function startDownload(command: string, fakes: Fakes, { root, hub, folder }: Place): Started {
  const args = [
    command,
    'download',
    `${hub}:o/model`,
    '--store',
    path.join(root, 'store'),
    '--path',
    path.join(root, folder),
  ];
  const env = {
    PATH: process.env['PATH'],
    MODELSCOPE_ENDPOINT: fakes.modelscope.url,
    HF_ENDPOINT: fakes.huggingface.url,
  };
  const child = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: HANG_MS,
    killSignal: 'SIGABRT',
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const end = new Promise<string>((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode, signal) => {
      if (exitCode === 0) resolve('done');
      else resolve(signal === 'SIGKILL' ? signal : `${signal === 'SIGABRT' ? 'a hang' : exitCode}: ${text}`);
    });
  });
  return { child, end };
}
