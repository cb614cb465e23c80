/**
 * How workflows read what they are sent. The SDK fails the whole task, again and again, when it can't decode
 * a payload, and then one signal typed by hand in a wrong encoding wedges its instance for ever. Here such a
 * payload is nothing, which every handler refuses.
 */
import { DefaultPayloadConverter, type Payload } from '@temporalio/common';

class ForgivingPayloadConverter extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload<T>(payload);
    } catch {
      return undefined as T;
    }
  }
}

export const payloadConverter = new ForgivingPayloadConverter();
