// Two hubs as the parser of references sees them: one that wants owners, and one that knows bare names.

import type { HubGrammar } from '../../src/core/ref.ts';

const first: HubGrammar = {
  name: 'modelscope',
  prefixes: ['ms', 'modelscope'],
  bareNames: false,
  parsePage: () => undefined,
};

const second: HubGrammar = {
  name: 'huggingface',
  prefixes: ['hf', 'huggingface'],
  bareNames: true,
  parsePage(url) {
    if (url.hostname !== 'hub.test') return undefined;
    return { kind: 'model', repo: url.pathname.slice(1) };
  },
};

export const GRAMMARS: readonly HubGrammar[] = [first, second];
