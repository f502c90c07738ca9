import { SSMClient } from '@aws-sdk/client-ssm';
import { secureParameterHandler } from './secure-parameter.js';

export const handler = secureParameterHandler(new SSMClient({}));
