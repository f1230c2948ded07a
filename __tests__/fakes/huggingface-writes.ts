// What Hugging Face answers at addresses that name no repository: creating, completing, checking (huggingface.md 5.1, 1.4).

import { type HuggingfaceHub, identify, refusal } from './huggingface-hub.ts';
import { complete } from './huggingface-lfs.ts';
import { exchangeToken } from './huggingface-oauth.ts';
import { parseObject } from './json-body.ts';
import { createRepository, type Kind, type Repository } from './repository.ts';
import { type Exchange, Refusal, type Step, send } from './server.ts';

/** An address and what it does. */
export interface Write {
  readonly step: Step;
  readonly subject: string;
  respond(hub: HuggingfaceHub, exchange: Exchange): Promise<void>;
}

const WRITES: Readonly<Record<string, Omit<Write, 'subject'>>> = {
  '/api/repos/create': { step: 'create', respond: create },
  '/api/repos/delete': { step: 'create', respond: remove },
  '/api/validate-yaml': { step: 'look', respond: validate },
  '/oauth/token': { step: 'token', respond: exchangeToken },
  '/api/complete_multipart': { step: 'complete', respond: complete },
};

export function findWrite(path: string): Write | undefined {
  const found = WRITES[path];
  return found === undefined ? undefined : { ...found, subject: path };
}

// What a new repository holds: the rules for large files, and a page when it has a licence.
const LARGE =
  '7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx ot parquet pb pickle pkl pt pth rar safetensors tar ' +
  'tflite tgz wasm xz zip zst';
export const ATTRIBUTES = [...LARGE.split(' ').map((end) => `*.${end}`), 'saved_model/**/*', '*tfevents*']
  .map((pattern) => `${pattern} filter=lfs diff=lfs merge=lfs -text\n`)
  .join('');

async function create(hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  const { account, resource } = identify(hub, exchange);
  const body = await parseObject(exchange);
  const namespace = typeof body['organization'] === 'string' ? body['organization'] : account;
  const id = `${namespace}/${body['name']}`;
  exchange.log.subject = id;
  // A token for one repository makes none (huggingface.md 1.4).
  if (account === undefined || resource !== undefined) throw refusal(401, 'Invalid username or password.');
  if (account !== 'writer' || hub.options.upload.foreignNamespaces.includes(namespace ?? '')) {
    throw refusal(403, `You don't have the rights to create a model under the namespace "${namespace}"`);
  }
  const kind = kindOf(body['type']);
  const page = `${exchange.origin}/${kind === 'dataset' ? 'datasets/' : ''}${id}`;
  const known = hub.repositories.find((one) => one.id === id && one.kind === kind);
  if (known !== undefined) {
    // The official client reads the address of the page here too.
    throw new Refusal({ status: 409, body: { error: `You already created this ${kind} repo`, url: page } });
  }
  const repository = make(id, kind, body);
  hub.repositories.push(repository);
  exchange.log.applied = true;
  await send(exchange, {
    status: 200,
    body: { url: page, name: id, id: repository.number.toString(16).padStart(24, '0') },
  });
}

function make(id: string, kind: Kind, body: Readonly<Record<string, unknown>>): Repository {
  const { license, files } = body;
  const sent = (files as { path: string; content: string }[] | undefined) ?? [];
  const page = typeof license === 'string' ? { 'README.md': `---\nlicense: ${license}\n---\n` } : {};
  const first = {
    message: 'initial commit',
    files: {
      '.gitattributes': ATTRIBUTES,
      ...page,
      ...Object.fromEntries(sent.map(({ path, content }) => [path, Buffer.from(content, 'base64')])),
    },
  };
  const visibility = body['visibility'] === 'private' || body['private'] === true ? 'private' : 'public';
  return createRepository({ id, kind, visibility, commits: [first] }, 'main');
}

function kindOf(type: unknown): Kind {
  if (type === undefined || type === 'model') return 'model';
  if (type === 'dataset') return 'dataset';
  throw refusal(400, `Repositories of the type ${type} are not served here`);
}

async function remove(hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  const { account } = identify(hub, exchange);
  const body = await parseObject(exchange);
  if (account === undefined) throw refusal(401, 'Invalid username or password.');
  if (account !== 'writer') throw refusal(403, 'Forbidden');
  const id = `${body['organization'] ?? account}/${body['name']}`;
  const at = hub.repositories.findIndex((one) => one.id === id && one.kind === kindOf(body['type']));
  if (at < 0) throw refusal(404, 'Repository not found', 'RepoNotFound');
  hub.repositories.splice(at, 1);
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: 'OK' });
}

// A front matter with a tab is the one mistake that it knows.
async function validate(_hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  const { content } = await parseObject(exchange);
  const front = /^---\n([\s\S]*?)\n---/.exec(String(content))?.[1] ?? '';
  const errors = front.includes('\t') ? [{ message: 'YAML: tabs are not allowed' }] : [];
  await send(exchange, { status: errors.length === 0 ? 200 : 400, body: { errors, warnings: [] } });
}
