// Publishing to ModelScope: the push contract.
import { modelscope } from '../../src/hubs/modelscope.ts';
import { pushContract } from '../contracts/push.ts';

pushContract('ModelScope', { hub: 'modelscope', entry: modelscope, defaultBranch: 'master', readOnlyAt: 'send' });
