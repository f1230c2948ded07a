// Events as lines: plain ones every few seconds, or a live bar in a terminal. Never a line per chunk.

import { SingleBar } from 'cli-progress';
import type { Event, Phase, Progress } from '../core/events.ts';
import { printable } from '../core/repo-path.ts';
import { showBytes, showSeconds } from '../core/text/show.ts';

const LINE_EVERY_MS = 3000;

const TITLES: Readonly<Record<Phase, string>> = {
  resolve: 'Resolve',
  scan: 'Look at what is here',
  cache: 'Restore from the runner cache',
  transfer: 'Fetch',
  place: 'Place',
  check: 'Check',
  send: 'Hash and send',
  commit: 'Commit',
  prove: 'Read back and compare',
};

/** Where lines go. Text that reaches it holds no control characters. */
export interface Lines {
  info(line: string): void;
  warn(line: string): void;
  /** Begins a part of the log; ends the one before. */
  section(title: string): void;
  end(): void;
  secret(value: string): void;
}

export interface Console {
  emit(event: Event): void;
  close(): void;
}

/** @param bar whether progress is shown as a live bar on this stream */
export function createConsole(lines: Lines, options: { nowMs: () => number; bar?: NodeJS.WritableStream }): Console {
  const progress =
    options.bar === undefined ? createLines(lines, options.nowMs) : createBar(options.bar, options.nowMs);
  return {
    emit(event) {
      if (event.type === 'progress') return progress.show(event);
      if (event.type === 'secret') return lines.secret(event.value);
      if (event.type === 'phase') {
        progress.stop();
        return lines.section(`${TITLES[event.phase]}: ${printable(event.subject)}`);
      }
      show(lines, event);
    },
    close() {
      progress.stop();
      lines.end();
    },
  };
}

function show(lines: Lines, event: Exclude<Event, { type: 'progress' | 'secret' | 'phase' }>): void {
  if (event.type === 'warning') lines.warn(oneLine(event.message));
  else if (event.type === 'notice') lines.info(oneLine(event.message));
  else if (event.type === 'retry') {
    const wait = event.waitMs < 1 ? 'at once' : `in ${showSeconds(event.waitMs / 1000)}`;
    lines.info(`${printable(event.subject)}: ${event.code}, trying again ${wait} (${event.attempt})`);
  }
}

function oneLine(message: string): string {
  return printable(message.replace(/\s*\n\s*/g, ' '));
}

interface ProgressView {
  show(progress: Progress): void;
  stop(): void;
}

function createLines(lines: Lines, nowMs: () => number): ProgressView {
  const speed = createSpeed(nowMs);
  let shownMs = nowMs();
  let isEnded = false;
  return {
    show(progress) {
      speed.add(progress);
      const isDone = progress.doneFiles === progress.totalFiles;
      if (isEnded || (!isDone && nowMs() - shownMs < LINE_EVERY_MS)) return;
      isEnded = isDone;
      shownMs = nowMs();
      lines.info(progressLine(progress, speed.bytesPerSecond()));
    },
    stop: () => undefined,
  };
}

function createBar(stream: NodeJS.WritableStream, nowMs: () => number): ProgressView {
  const speed = createSpeed(nowMs);
  let bar: SingleBar | undefined;
  return {
    show(progress) {
      speed.add(progress);
      bar ??= startBar(stream, progress.totalBytes);
      bar.update(progress.doneBytes, { line: progressLine(progress, speed.bytesPerSecond()) });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function startBar(stream: NodeJS.WritableStream, totalBytes: number): SingleBar {
  const bar = new SingleBar({ stream, format: '{bar} {line}', hideCursor: true, clearOnComplete: false, barsize: 24 });
  bar.start(totalBytes, 0, { line: '' });
  return bar;
}

/** `42 % · 1.2 GiB of 2.9 GiB · 180 MiB/s · 10 s left · 3 of 12 files · modelscope` */
export function progressLine(progress: Progress, bytesPerSecond: number): string {
  const { doneBytes, totalBytes, doneFiles, totalFiles, sources } = progress;
  const percent = totalBytes === 0 ? 100 : Math.floor((doneBytes / totalBytes) * 100);
  const left = bytesPerSecond > 0 ? `${showSeconds((totalBytes - doneBytes) / bytesPerSecond)} left` : 'no speed yet';
  return [
    `${percent} %`,
    `${showBytes(doneBytes)} of ${showBytes(totalBytes)}`,
    `${showBytes(bytesPerSecond)}/s`,
    left,
    `${doneFiles} of ${totalFiles} files`,
    Object.keys(sources).join(' + '),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

const SPEED_OVER_MS = 10_000;

// Over the last seconds, so that a stall is seen and a resumed file does not look fast.
function createSpeed(nowMs: () => number): { add(progress: Progress): void; bytesPerSecond(): number } {
  const samples = [{ atMs: nowMs(), sentBytes: 0 }];
  return {
    add({ sources }) {
      const sentBytes = Object.values(sources).reduce((sum, bytes) => sum + bytes, 0);
      samples.push({ atMs: nowMs(), sentBytes });
      while (samples.length > 2 && (samples[0]?.atMs ?? 0) < nowMs() - SPEED_OVER_MS) samples.shift();
    },
    bytesPerSecond() {
      const first = samples[0];
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
      return Math.max(0, Math.round(((last.sentBytes - first.sentBytes) * 1000) / (last.atMs - first.atMs)));
    },
  };
}
