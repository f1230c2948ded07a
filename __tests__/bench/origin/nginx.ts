// nginx as the origin: sendfile from the site's folder, and nothing computed. Writes its configuration and starts it.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { OriginSetting } from './index.ts';

/** `nginx/1.22.1`, or undefined where it is not installed. */
export function nginxVersion(): string | undefined {
  try {
    const text = execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin nginx -v 2>&1'], { encoding: 'utf8' });
    return /nginx\/[\d.]+/.exec(text)?.[0];
  } catch {
    // Not installed; the table says so.
    return undefined;
  }
}

export function startNginx(setting: OriginSetting): ChildProcess {
  const file = path.join(setting.folder, 'nginx.conf');
  writeFileSync(file, configuration(setting));
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  return spawn('nginx', ['-p', setting.folder, '-e', path.basename(setting.complaintsFile), '-c', file], {
    env,
    stdio: 'ignore',
  });
}

function configuration(setting: OriginSetting): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes 1;
worker_rlimit_nofile 4096;
pid nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')}
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 60;
  default_type application/octet-stream;
  log_format bench '$msec $server_port $status $body_bytes_sent $request_uri';
  access_log ${path.basename(setting.logFile)} bench;
  map $request_body $asked { '~"paths":\\["(?<name>[^"]+)"\\]' $name; }
  server {
    listen 127.0.0.1:${setting.infoPort};
    access_log off;
    root "${setting.site}/info";
    default_type application/json;
    location / { try_files $uri/$http_x_asked.json =404; }
  }
${setting.backends.map((backend) => doorServers(backend, setting)).join('\n')}
}
`;
}

// The question about one file names it in its body. Only what is sent on can depend on a body, so nginx asks itself, with the
// name in a header.
function doorServers(
  backend: OriginSetting['backends'][number],
  { site, infoPort, certificate }: OriginSetting,
): string {
  const tls = backend.tls
    ? `ssl_certificate "${certificate.chainFile}"; ssl_certificate_key "${certificate.keyFile}";`
    : '';
  const suffix = backend.tls ? ' ssl' : '';
  return `  server {
    listen 127.0.0.1:${backend.hubPort}${suffix};
    ${tls}
    root "${site}";
    location /api/ { default_type application/json; try_files $uri.json =404; }
    location ~ "^/api/models/.+/paths-info/(?<commit>[0-9a-f]+)$" {
      proxy_method GET;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Asked $asked;
      proxy_pass http://127.0.0.1:${infoPort}/$commit;
    }
    location ~ "^/[^/]+/[^/]+/resolve/(?<commit>[0-9a-f]+)/(?<file>.+\\.safetensors)$" {
      return 302 ${backend.cdnUrl}/$commit/$file;
    }
    location ~ "^/[^/]+/[^/]+/resolve/(?<commit>[0-9a-f]+)/(?<file>.+)$" { try_files /files/$commit/$file =404; }
  }
  server {
    listen 127.0.0.1:${backend.cdnPort}${suffix};
    ${tls}
    root "${site}/files";
  }`;
}
