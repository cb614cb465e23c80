/** Whether `api.ts` says the truth of the SDK; checked where that is installed (`npm run types`). */
import type * as sdk from '@aws-sdk/client-ec2';
import type { Sdk } from './api';

type Fits<Real extends Sdk> = Real;
export type Checked = Fits<typeof sdk>;
