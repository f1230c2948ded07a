// A small repository of every sort of file, for running the fakes by hand and for tests that need nothing special.

import type { RepositoryDescription } from './repository.ts';

const MIB = 1024 * 1024;

/** A model with two commits and tags, a private and a gated one, and a dataset. */
export const SAMPLE: readonly RepositoryDescription[] = [
  {
    id: 'sample/tiny-model',
    commits: [
      { message: 'first', files: { 'README.md': '# tiny\n', 'config.json': '{"version":1}\n' } },
      {
        message: 'weights',
        files: {
          '.gitattributes': '*.safetensors filter=lfs diff=lfs merge=lfs -text\n',
          'README.md': '# tiny\n',
          'config.json': '{"version":2}\n',
          'empty.txt': '',
          'model.safetensors': { seed: 'weights', sizeBytes: 20 * MIB + 123 },
          'onnx/model.onnx': { seed: 'onnx', sizeBytes: 3 * MIB },
          'onnx/int8/model.onnx': { seed: 'int8', sizeBytes: 1_500_000 },
          'tokenizer/vocab.txt': { seed: 'vocab', sizeBytes: 90_000 },
        },
      },
    ],
    tags: { 'v1.0.0': 0, 'v1.1.0': 1 },
  },
  {
    id: 'sample/private-model',
    visibility: 'private',
    commits: [{ files: { 'config.json': '{"private":true}\n', 'model.bin': { seed: 'private', sizeBytes: 2 * MIB } } }],
  },
  {
    id: 'sample/gated-model',
    visibility: 'gated',
    commits: [{ files: { 'config.json': '{"gated":true}\n', 'model.bin': { seed: 'gated', sizeBytes: 2 * MIB } } }],
  },
  {
    id: 'sample/tiny-data',
    kind: 'dataset',
    commits: [{ files: { 'README.md': '# data\n', 'data/train.parquet': { seed: 'train', sizeBytes: 2 * MIB } } }],
  },
];
