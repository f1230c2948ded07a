// A certificate for 127.0.0.1 and the authority that signed it, both made for one run.

import { execFileSync } from 'node:child_process';
import path from 'node:path';

export interface Certificate {
  /** What clients are told to trust. */
  readonly authorityFile: string;
  readonly chainFile: string;
  readonly keyFile: string;
}

export function makeCertificate(folder: string): Certificate {
  const at = (name: string) => path.join(folder, name);
  const request = (name: string, ...args: string[]) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`)];
    const certificate = ['-x509', '-days', '2', '-subj', `/CN=bench ${name}`, '-out', at(`${name}.pem`)];
    execFileSync('openssl', ['req', ...key, ...certificate, ...args], { stdio: 'ignore' });
  };
  request('authority');
  request(
    'origin',
    ...['-CA', at('authority.pem'), '-CAkey', at('authority.key')],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
  );
  return { authorityFile: at('authority.pem'), chainFile: at('origin.pem'), keyFile: at('origin.key') };
}
