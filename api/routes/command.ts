import { acceptedAnswer, instanceAnswer } from '../../contract/answers';
import type { Answers } from '../http/route';

export const COMMAND_ANSWERS: Answers = {
  200: { description: 'Done: the instance as it now is.', schema: instanceAnswer },
  202: {
    description: 'Handed over, or nobody answered in time; the instance and its timeline tell.',
    schema: acceptedAnswer,
    location: 'The instance.',
  },
};

/** What any command to an instance may answer beside its own problems (L20). */
export const COMMAND_PROBLEMS = { 429: ['TOO_MANY_COMMANDS'] };
