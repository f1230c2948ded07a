// Numbers as people read them.

import prettyBytes from 'pretty-bytes';

/** `1.5 GiB` */
export function showBytes(bytes: number): string {
  return prettyBytes(bytes, { binary: true });
}

/** `1 h 02 min`, `3 min 05 s`, `12 s`, `0.4 s` */
export function showSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}
