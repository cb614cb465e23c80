import type { Instance } from '../../../api/queries';

export interface DialogOf {
  instance: Instance;
  close(): void;
}
