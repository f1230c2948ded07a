// A program: `hub-download.ts <hub> <owner/name> <revision> <cache folder>` with the official JavaScript client.

import { snapshotDownload } from '@huggingface/hub';

const [hubUrl = '', name = '', revision = '', cacheDir = ''] = process.argv.slice(2);
await snapshotDownload({ hubUrl, repo: { type: 'model', name }, revision, cacheDir });
