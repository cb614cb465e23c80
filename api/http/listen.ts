/**
 * The HTTP server around the application: what is refused before there is a request, and how long anybody may
 * take to send one.
 */
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemCode } from '../../contract/problems';
import { Problem, presentProblem } from '../problem';

export interface Patience {
  /** How long all headers may take, in milliseconds. */
  headersMs: number;
  /** How long the whole request may take, in milliseconds. */
  requestMs: number;
}

const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000 };

/**
 * Whatever Node.js would refuse by itself is answered like everything else: as a problem that says what to
 * do.
 */
export function serverOf(app: RequestListener, { headersMs, requestMs }: Patience = PATIENCE): Server {
  const options = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(1000, headersMs / 2),
    // Missing hosts and odd expectations have headers to answer by: the application refuses them.
    requireHostHeader: false,
  };
  const server = createServer(options, app);
  server.on('checkExpectation', app);
  // The body is asked for once it is wanted, not before.
  server.on('checkContinue', app);
  server.on('clientError', answerClientError);
  return server;
}

const CODES: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'BODY_TOO_LARGE',
};

/** There is no request yet, or none any more: nothing is known of its language. */
function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket & { _httpMessage?: { headersSent: boolean } },
): void {
  // What has been answered in part can't be answered again.
  if (!socket.writable || socket._httpMessage?.headersSent || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = presentProblem(new Problem(CODES[error.code ?? ''] ?? 'MALFORMED_REQUEST'), 'en');
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/problem+json',
    'Content-Language: en',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
