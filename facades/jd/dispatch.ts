/** From a request to an action and back, in the vendor's form. */
import type { Request, Response } from 'express';
import type { Caller } from '../../api/caller';
import { hasBody, readSignedBody } from '../../api/http/body';
import type { Reply } from '../../api/http/call';
import { languageOf, markLanguage } from '../../api/http/language';
import { Problem } from '../../api/problem';
import type { Lang } from '../../domain/text';
import { jsonOf } from '../../store/json';
import { sha256 } from '../digest';
import { look, perform } from '../perform';
import type { FacadeTools } from '../tools';
import { type Action, VIA } from './action';
import { ACTIONS } from './actions';
import { jdErrorOf } from './errors';
import { JdError, STATUSES } from './jd-error';
import { inputOf, readParams } from './params';
import { notSigned, type Received, readSignature, type Signature } from './signature';

/** What an address asks; an action that is missing is not known. */
interface Asked {
  requestId: string;
  lang: Lang;
  regionId: string;
  /** Empty: there is none. */
  instanceId: string;
  action: Action | undefined;
}

/** What is answered, but for its `requestId`. */
interface Body {
  result?: Record<string, unknown>;
  error?: { code: number; status: string; message: string };
}

/** Actions with the form of their whole address, as it is when it is decoded. */
const ADDRESSES = ACTIONS.map((action) => ({
  action,
  form: new RegExp(`^/v1/regions/([^/]+)${action.path.replace('{instanceId}', '([^/]+)')}$`),
}));

const REGION = /^\/v1\/regions\/([^/]*)/;

/** Also of an address that can't be decoded: that is told to whoever has asked. */
function askedBy(request: Request): Asked {
  const asked = {
    requestId: String(request.id),
    lang: languageOf(request),
    instanceId: '',
    action: undefined,
  };
  const path = decoded(request.path);
  for (const { action, form } of ADDRESSES) {
    const [, regionId, instanceId = ''] = (action.method === request.method && form.exec(path)) || [];
    if (regionId !== undefined) return { ...asked, regionId, instanceId, action };
  }
  return { ...asked, regionId: REGION.exec(path)?.[1] ?? '' };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Answers a request of the vendor's clients, whatever becomes of it. */
export const dispatcher =
  (tools: FacadeTools) =>
  async (request: Request, response: Response): Promise<void> => {
    const asked = askedBy(request);
    const { action, lang } = asked;
    if (action) response.locals.route = `${VIA} ${action.name}`;
    markLanguage(response, lang);
    const reply = await attempt(tools, asked, async () => {
      const received = receivedOf(request, await readSignedBody(request, response));
      const signed = await identify(tools, request, response, received, asked.regionId);
      return await carryOut(tools, asked, received, signed);
    });
    tools.count(VIA, action?.name ?? 'unknown', (reply.body as Body).error?.status ?? 'OK');
    await send(request, response, asked, reply);
  };

function receivedOf(request: Request, body: Buffer): Received {
  const { method, headers } = request;
  const [path, ...query] = request.originalUrl.split('?');
  return { method, path: path!, query: query.join('?'), headers, body };
}

/** Errors are answers too. What is our fault is logged with its cause. */
async function attempt({ deps }: FacadeTools, asked: Asked, run: () => Promise<Reply>): Promise<Reply> {
  try {
    return await run();
  } catch (error) {
    const { requestId, lang, instanceId } = asked;
    const { status, text, headers } = jdErrorOf(error, instanceId);
    if (status === 'INTERNAL') deps.logger.error({ err: error, requestId }, 'a vendor’s call failed');
    const code = STATUSES[status];
    // Too many at once says nothing of the call: its repeat is to ask again.
    return {
      status: code,
      body: { error: { code, status, message: text[lang] } },
      headers,
      interim: code === 429,
    };
  }
}

interface Signed {
  caller: Caller;
  signature: Signature;
}

/** Who has signed. A failure counts against the address that it came from. */
async function identify(
  { findSigner, limitFailures }: FacadeTools,
  request: Request,
  response: Response,
  received: Received,
  regionId: string,
): Promise<Signed> {
  try {
    const signature = readSignature(received);
    const signer = await findSigner(signature.accessKey);
    // Reckoned also where there is no such pair, so that it takes no less.
    const isTheirs = signature.isBy(signer?.secretKey ?? 'no pair has this secret');
    if (!signer || !isTheirs) throw notSigned();
    signature.requireScope(regionId, Date.now());
    return { caller: signer.caller, signature };
  } catch (error) {
    if (error instanceof JdError) await limitFailures(request, response);
    throw error;
  }
}

async function carryOut(
  tools: FacadeTools,
  asked: Asked,
  received: Received,
  { caller, signature }: Signed,
): Promise<Reply> {
  const { action, regionId, instanceId } = asked;
  if (!action) throw new Problem('NOT_FOUND');
  caller.require(action.permission);
  const input = await inputOf(received, { regionId, instanceId });
  const params = readParams(action, input);
  const { value, nonce } = signature;
  const call = {
    caller,
    via: VIA,
    // A nonce names one request: with another signature it is refused, and the same one is given its answer.
    signature: nonce === undefined ? value : `nonce/${sha256(nonce)}`,
    asked: [action.name, regionId, instanceId, input, nonce === undefined ? null : value],
  };
  const run = action.changes ? perform.bind(undefined, tools.deps) : look;
  return await run(call, (asking) =>
    attempt(tools, asked, async () => {
      const result = await action.run(tools.deps, { ...asking, params, regionId, instanceId });
      return { status: 200, body: { result } };
    }),
  );
}

/** `requestId` is this request's, also when the answer is an earlier one's: it is what the log has. */
async function send(
  request: Request,
  response: Response,
  { requestId }: Asked,
  { status, body, headers = {} }: Reply,
): Promise<void> {
  // A sender who goes on sending what nobody wants is not waited for.
  if (hasBody(request.headers) && !request.complete) response.setHeader('Connection', 'close');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('x-jdcloud-request-id', requestId);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/json');
  response.status(status).end(await jsonOf({ requestId, ...(body as Body) }));
}
