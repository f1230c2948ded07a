// A program: `hub-upload.ts <hub> <owner/name> <folder> <token>` with the official JavaScript client, as its users call it.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRepo, uploadFiles } from '@huggingface/hub';

const [hubUrl = '', repo = '', folder = '', accessToken = ''] = process.argv.slice(2);
await createRepo({ repo, hubUrl, accessToken });
const files = readdirSync(folder).map((name) => ({ path: name, content: pathToFileURL(path.join(folder, name)) }));
await uploadFiles({ repo, files, hubUrl, accessToken, useXet: false });
