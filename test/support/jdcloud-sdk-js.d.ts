/** What tests use of JD Cloud's SDK for Node.js, which has no types. */
declare module 'jdcloud-sdk-js/src/services/vm' {
  interface Options {
    credentials: { accessKeyId: string; secretAccessKey: string };
    regionId: string;
    endpoint: { protocol: 'http' | 'https'; host: string };
  }

  /** Rejects with the answer when its status is no good one. */
  type Answer = Promise<import('./jd').JdAnswer>;

  class VM {
    constructor(options: Options);
    describeInstances(options: object, regionId?: string): Answer;
    describeInstance(options: object, regionId?: string): Answer;
    describeInstanceStatus(options: object, regionId?: string): Answer;
    deleteInstance(options: object, regionId?: string): Answer;
    stopInstance(options: object, regionId?: string): Answer;
    startInstance(options: object, regionId?: string): Answer;
    /** What all of them are made of: for calls that this version does not know yet. */
    makeRequest(
      path: string,
      method: string,
      path_: object,
      query: object,
      headers: object,
      form: object,
      body: object | null,
      contentTypes: string[],
      accepts: string[],
      returnType: null,
    ): Answer;
  }

  export = VM;
}

declare module 'jdcloud-sdk-js/src/lib/core' {
  /** Of all services. */
  export const config: { update(options: { logger(text: string): void }): void };
}
