import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { EmbeddedError } from '../errors';
import { LOOPBACK } from '../process/ports';
import { SERVER_NAME } from './certificates';

/**
 * The names under which this machine is its own. A page elsewhere whose name is made to mean 127.0.0.1 (DNS
 * rebinding) comes with that name, and the Web UI itself would answer it. Any port: a tunnel (ssh -L) has
 * another one.
 */
const OWN_NAME = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/** What the door leads to: the UI's own server, which speaks TLS by a certificate that no browser trusts. */
export interface Behind {
  port: number;
  ca: Buffer;
}

export interface Door {
  close(): Promise<void>;
}

const optionsOf = ({ port, ca }: Behind) => ({ host: LOOPBACK, port, ca, servername: SERVER_NAME });

/** Whether the Web UI's own server answers. Never rejects. */
export function answersBehind(behind: Behind): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = httpsRequest({ ...optionsOf(behind), path: '/healthz', timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function answerPlainly(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Opens the Web UI's port to requests that name this machine. */
export async function openDoor(port: number, behind: Behind): Promise<Door> {
  const agent = new Agent({ keepAlive: true });
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    if (!OWN_NAME.test(request.headers.host ?? '')) {
      answerPlainly(
        response,
        403,
        `This is Temporal's Web UI of Sunset, and not ${request.headers.host}: open it as http://${LOOPBACK}:${port}`,
      );
      return;
    }
    const { method, url: path, headers } = request;
    const onward = httpsRequest({ ...optionsOf(behind), agent, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => {
      if (response.headersSent) response.destroy();
      else
        answerPlainly(
          response,
          502,
          "Temporal's Web UI does not answer: if npm start is starting it again, wait a moment",
        );
    });
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  };
  const server = createServer(pass);
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(
        new EmbeddedError(
          `the Web UI's port could not be opened: ${message}`,
          'start Sunset again: it then takes another one',
        ),
      ),
    );
    server.listen({ port, host: LOOPBACK }, resolve);
  });
  server.unref(); // what it serves must not keep a stopped process alive
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}
