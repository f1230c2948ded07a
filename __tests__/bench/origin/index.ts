// The origin of a benchmark: a web server and pipes in processes of their own, on loopback. Starts them, reads their log, ends them.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Certificate, makeCertificate } from './certificate.ts';
import { type Backend, DOOR_NAMES, type Door, type DoorName, doorOf } from './door.ts';
import { nginxVersion, startNginx } from './nginx.ts';
import type { PipeOrder } from './pipe.ts';
import { freePorts, untilListening } from './port.ts';
import { markOf, readTraffic, type Traffic } from './traffic.ts';

/** Plain data, so that the origin can be another program. */
export interface OriginSetting {
  readonly folder: string;
  readonly site: string;
  readonly backends: readonly Backend[];
  /** Where nginx asks itself. */
  readonly infoPort: number;
  readonly certificate: Certificate;
  readonly logFile: string;
  readonly complaintsFile: string;
}

export interface Origin {
  /** For the table: what served. */
  readonly title: string;
  readonly authorityFile: string;
  readonly doors: Readonly<Record<DoorName, Door>>;
  /** What was sent from now on can be asked for with this. */
  mark(): number;
  traffic(mark: number): Traffic;
  /** What the origin itself failed at, the latest; a run with any measures the origin. */
  complaints(): string[];
  /** Resolves when its processes are gone. */
  close(): Promise<void>;
}

/** Where the origin itself listens for a door. */
type Listener = Pick<Backend, 'hubPort' | 'cdnPort'> & { readonly name: DoorName };

/** @param folder for configuration, certificates and logs; the caller removes it */
export async function startOrigin(folder: string, site: string): Promise<Origin> {
  const ports = await freePorts(1 + 2 * DOOR_NAMES.length);
  const listeners = DOOR_NAMES.map((name, index): Listener => {
    const [hubPort = 0, cdnPort = 0] = ports.slice(1 + 2 * index);
    return { name, hubPort, cdnPort };
  });
  const pipe = fork(path.join(import.meta.dirname, 'pipe.ts'));
  const doors = await openDoors(pipe, listeners);
  const setting = prepare({ folder, site, listeners, doors, infoPort: ports[0] ?? 0 });
  const version = nginxVersion();
  const server = version === undefined ? startNodeOrigin(setting) : startNginx(setting);
  const kill = () => [server, pipe].filter((child) => child.kill('SIGTERM'));
  const close = async () => void (await Promise.all(kill().map((child) => once(child, 'exit'))));
  process.once('exit', kill);
  try {
    await Promise.all(
      listeners.flatMap(({ hubPort, cdnPort }) => [hubPort, cdnPort].map((port) => untilListening(port, server))),
    );
  } catch (error) {
    await close();
    throw error;
  }
  const { certificate, logFile, complaintsFile } = setting;
  return {
    title: version ?? 'a Node origin, since nginx is absent: it takes CPU from the clients',
    authorityFile: certificate.authorityFile,
    doors,
    mark: () => markOf(logFile),
    traffic: (mark) => readTraffic(logFile, mark),
    complaints: () => readFileSync(complaintsFile, 'utf8').split('\n').filter(Boolean),
    close,
  };
}

interface Prepared extends Pick<OriginSetting, 'folder' | 'site' | 'infoPort'> {
  readonly listeners: readonly Listener[];
  readonly doors: Readonly<Record<DoorName, Door>>;
}

function prepare({ folder, site, infoPort, listeners, doors }: Prepared): OriginSetting {
  const backends = listeners.map(({ name, hubPort, cdnPort }) => ({
    hubPort,
    cdnPort,
    tls: doorOf(name).tls,
    cdnUrl: doors[name].cdnUrl,
  }));
  const logFile = path.join(folder, 'access.log');
  const complaintsFile = path.join(folder, 'complaints.log');
  for (const file of [logFile, complaintsFile]) writeFileSync(file, '');
  return { folder, site, infoPort, backends, certificate: makeCertificate(folder), logFile, complaintsFile };
}

function startNodeOrigin(setting: OriginSetting): ChildProcess {
  const child = fork(path.join(import.meta.dirname, 'node-origin.ts'));
  child.send(setting);
  return child;
}

// Clients find a pipe's own port where there is a pipe, else the origin's.
async function openDoors(pipe: ChildProcess, listeners: readonly Listener[]): Promise<Record<DoorName, Door>> {
  const orders = listeners.flatMap(({ name, hubPort, cdnPort }): PipeOrder[] => {
    const { pipe: rule } = doorOf(name);
    return rule === undefined ? [] : [hubPort, cdnPort].map((targetPort) => ({ targetPort, rule }));
  });
  pipe.send(orders);
  const [fronts] = (await once(pipe, 'message')) as [number[]];
  const frontOf = new Map(orders.map(({ targetPort }, index) => [targetPort, fronts[index]]));
  const entries = listeners.map(({ name, hubPort, cdnPort }) => {
    const url = (port: number) => `${doorOf(name).tls ? 'https' : 'http'}://127.0.0.1:${frontOf.get(port) ?? port}`;
    return [name, { hubUrl: url(hubPort), cdnUrl: url(cdnPort) }] as const;
  });
  return Object.fromEntries(entries) as Record<DoorName, Door>;
}
