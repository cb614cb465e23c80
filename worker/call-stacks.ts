/**
 * The "Call Stack" that the Web UI can ask of a sleeping workflow, which the SDK pays for at every promise: a hook of
 * V8 takes a stack trace and maps it to its sources, whether anybody will ask or not. The SDK has no switch for it, but
 * goes on without where V8 has no such hook; so here the threads that run workflows get a V8 that has none.
 */
import threads, { type WorkerOptions } from 'node:worker_threads';

const WORKFLOW_THREAD = /workflow-worker-thread\.js$/;

/**
 * Runs first in such a thread. Node's own async hooks, which the SDK's scopes of cancellation rest on, use the object
 * behind `v8.promiseHooks`: it stays as it is, and only who asks for it by that name gets another. The SDK then tells
 * the console what the setting has asked for: once, and not here.
 */
const PRELUDE = `
  const v8 = require('node:v8');
  const createHook = () => {
    const { warn } = console;
    console.warn = () => { console.warn = warn; };
    throw new Error('call stacks of workflows are off');
  };
  Object.defineProperty(v8, 'promiseHooks', { value: { ...v8.promiseHooks, createHook } });
  require(require('node:worker_threads').workerData);
`;

class ThreadWithoutHooks extends threads.Worker {
  constructor(file: string | URL, options?: WorkerOptions) {
    if (WORKFLOW_THREAD.test(String(file))) super(PRELUDE, { ...options, eval: true, workerData: file });
    else super(file, options);
  }
}

/** @param create makes a worker of the SDK, whose threads are to take no stack traces */
export async function withoutCallStacks<T>(create: () => Promise<T>): Promise<T> {
  const { Worker } = threads;
  threads.Worker = ThreadWithoutHooks;
  try {
    return await create();
  } finally {
    threads.Worker = Worker;
  }
}
