import { Modal as MantineModal, type ModalProps } from '@mantine/core';
import { useWords } from '../words';

/** A dialog on top of the page, with a name and a way out for everybody. */
export function Modal(props: Omit<ModalProps, 'opened'>) {
  const { common } = useWords();
  return <MantineModal opened closeButtonProps={{ 'aria-label': common.close }} {...props} />;
}
