// The main job, with no network: a real model on an embedded hub, fetched by the committed action as a runner executes it. Three times:
// cold; on a fresh machine with a warm runner cache; a new revision with one file changed. Fails unless each moved what it should.

import { strict as assert } from 'node:assert';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { OCR_CHANGED, OCR_ID, OCR_MODEL } from './ocr-model.ts';
import { createMachine, runMain, runPost, type StepResult } from './runner.ts';

const fakes = await startFakes([OCR_MODEL]);
const repository = fakes.modelscope.repository(OCR_ID);
const inputs = { model: OCR_ID };
const env = { MODELSCOPE_ENDPOINT: fakes.modelscope.url, ...fakes.cache.environment() };
const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const cold = await job('Run 1: cold');
  assert.equal(cold.fromHub, Number(cold.outputs['bytes-total']));
  assert.equal(cold.outputs['cache-hit'], 'false');

  const warm = await job('Run 2: a fresh machine, the runner cache is warm');
  assert.equal(warm.fromHub, 0);
  assert.equal(warm.outputs['cache-hit'], 'true');
  assert.equal(warm.outputs['snapshot-id'], cold.outputs['snapshot-id']);

  const text = `${'a new line\n'.repeat(1000)}`;
  repository.commit('master', { [OCR_CHANGED]: text }, 'New keys');
  const changed = await job('Run 3: a new revision, one file changed');
  assert.equal(changed.fromHub, Buffer.byteLength(text));
  assert.equal(changed.outputs['files-downloaded'], '1');
  assert.notEqual(changed.outputs['snapshot-id'], cold.outputs['snapshot-id']);

  say('Each run moved what it should, and nothing else.');
} finally {
  await fakes.close();
}

async function job(title: string): Promise<StepResult & { fromHub: number }> {
  fakes.reset();
  const machine = await createMachine();
  try {
    const main = await runMain(machine, { inputs, env });
    const fromHub = fileBytes(fakes);
    const post = await runPost(machine, { inputs, env }, main);
    say(`\n━━ ${title} ━━\n`);
    say(main.log.trimEnd());
    say(
      `\nOutputs\n${Object.entries(main.outputs)
        .map(([name, value]) => `  ${name} = ${value}`)
        .join('\n')}`,
    );
    say(`\nSummary\n${main.summary.replace(/^/gm, '  ').trimEnd()}`);
    say(`\nPost step\n${post.log.replace(/^/gm, '  ').trimEnd()}`);
    const cache = fakes.cache.server;
    say(`\nMoved: ${fromHub} bytes of files from the hub, ${cache.bytesSent('blob')} bytes from the runner cache.`);
    assert.equal(main.exitCode, 0, 'the main step failed');
    assert.equal(post.exitCode, 0, 'the post step failed');
    return { ...main, fromHub };
  } finally {
    await machine.scrap();
  }
}

/** Bytes of files that left the hub or its CDN; redirects have bodies too, and those are not files. */
function fileBytes({ modelscope, cdn }: Fakes): number {
  const logs = [...modelscope.server.requests, ...cdn.server.requests].filter(
    ({ kind }) => kind === 'file' || kind === 'cdn',
  );
  return logs
    .filter(({ status }) => status === 200 || status === 206)
    .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}
