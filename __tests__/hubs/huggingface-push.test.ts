// Publishing to the Hugging Face Hub: the push contract.
import { huggingface } from '../../src/hubs/huggingface.ts';
import { pushContract } from '../contracts/push.ts';

pushContract('Hugging Face', { hub: 'huggingface', entry: huggingface, defaultBranch: 'main', readOnlyAt: 'open' });
