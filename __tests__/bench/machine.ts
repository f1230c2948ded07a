// What the benchmark ran on, for the reader of its table. No name and no path of the machine.

import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** Such as `2 × Some CPU, 25 GB, Linux 6.1, Node v24.0.0, ext4 on vda`. @param folder on the disk in question */
export function describeMachine(folder: string): string {
  const cpus = os.cpus();
  const memory = `${(os.totalmem() / 1e9).toFixed(0)} GB`;
  const cpu = `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown CPU'}`;
  return [cpu, memory, `${os.type()} ${os.release()}`, `Node ${process.version}`, describeDisk(folder)].join(', ');
}

function describeDisk(folder: string): string {
  if (!existsSync('/proc/mounts')) return 'unknown disk';
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const holding = mounts.filter(
    ([, point = '/']) => folder === point || folder.startsWith(`${point.replace(/\/$/, '')}/`),
  );
  const [device = '', , type = 'unknown disk'] = holding.reduce((best, mount) =>
    (mount[1] ?? '').length >= (best[1] ?? '').length ? mount : best,
  );
  return device.startsWith('/dev/') ? `${type} on ${device.slice('/dev/'.length)}` : type;
}
