/** From a request to an action and back, in the vendor's form. */
import type { Request, Response } from 'express';
import type { Caller } from '../../api/caller';
import { hasBody, readSignedBody } from '../../api/http/body';
import type { Reply } from '../../api/http/call';
import { jsonOf } from '../../store/json';
import { look, perform } from '../perform';
import type { FacadeTools } from '../tools';
import { type Action, type Service, viaOf } from './action';
import { lacking, vendorErrorOf } from './errors';
import { COMMON_NAMES, readParams, unflatten } from './params';
import {
  type Common,
  commonOfHeaders,
  commonOfParams,
  hasPairs,
  jsonParamsOf,
  pairsOf,
  type Received,
  receivedOf,
} from './received';
import { readTc3, readV1, type Signature } from './signature';
import { VendorError } from './vendor-error';

/** A request with its signature among its parameters: they had to be read to know that it is one. */
export interface V1 {
  received: Received;
  params: URLSearchParams;
}

/** One request: what it asks, of which of the services (each may be missing or unknown), and its id. */
interface Asked {
  requestId: string;
  common: Common;
  service: Service | undefined;
  action: Action | undefined;
}

interface Envelope {
  Response: { RequestId: string; Error?: { Code: string; Message: string } };
}

/** Answers a request of the vendor's clients, whatever becomes of it. */
export type Dispatch = (request: Request, response: Response, v1?: V1) => Promise<void>;

export function dispatcher(tools: FacadeTools, services: readonly Service[]): Dispatch {
  return async (request, response, v1) => {
    const common = v1 ? commonOfParams(v1.params) : commonOfHeaders(request.headers);
    const service = services.find(({ version }) => version === common.version);
    const action = service?.actions.find(({ name }) => name === common.action);
    const via = service ? viaOf(service) : 'tencent';
    if (action) response.locals.route = `${via} ${action.name}`;
    const asked = { requestId: String(request.id), common, service, action };
    const { body } = await attempt(tools, asked, async () => {
      const received = v1?.received ?? receivedOf(request, await readSignedBody(request, response));
      const signed = await identify(tools, services, request, response, { received, v1, asked });
      return await carryOut(tools, asked, received, signed);
    });
    const { Error: error } = (body as Envelope).Response;
    tools.count(via, action?.name ?? 'unknown', error?.Code ?? 'OK');
    await send(request, response, body);
  };
}

/** Errors are answers too, and HTTP has nothing to say of them. What is our fault is logged with its cause. */
async function attempt(
  { deps }: FacadeTools,
  { requestId, common, service, action }: Asked,
  run: () => Promise<Reply>,
): Promise<Reply> {
  try {
    return await run();
  } catch (error) {
    const { code, text, interim } = vendorErrorOf(error, service, action?.name ?? '');
    if (code === 'InternalError') deps.logger.error({ err: error, requestId }, 'a vendor’s call failed');
    const body = { Response: { Error: { Code: code, Message: text[common.lang] }, RequestId: requestId } };
    return { status: 200, body, interim };
  }
}

interface Signed {
  caller: Caller;
  signature: string;
}

/** Who has signed. A failure counts against the address that it came from. */
async function identify(
  tools: FacadeTools,
  services: readonly Service[],
  request: Request,
  response: Response,
  { received, v1, asked }: { received: Received; v1: V1 | undefined; asked: Asked },
): Promise<Signed> {
  try {
    const now = Date.now();
    const signature = v1 ? readV1(received, v1.params, now) : readTc3(received, now);
    const caller = await signerOf(tools, signature);
    requireOwnScope(services, asked.service, signature);
    return { caller, signature: signature.value };
  } catch (error) {
    if (error instanceof VendorError) await tools.limitFailures(request, response);
    throw error;
  }
}

/** What is reckoned with where there is no such pair, so that it takes no less. */
const NOBODY = 'no pair has this secret';

async function signerOf({ findSigner }: FacadeTools, { secretId, isBy }: Signature): Promise<Caller> {
  const signer = await findSigner(secretId);
  const isTheirs = isBy(signer?.secretKey ?? NOBODY);
  if (!signer)
    throw new VendorError('AuthFailure.SecretIdNotFound', {
      en: 'There is no live key with this SecretId. Make one (POST /v1/keys), or ask who made yours.',
      zh: '没有使用该 SecretId 的有效密钥。请创建密钥（POST /v1/keys），或联系密钥的创建者。',
    });
  if (!isTheirs)
    throw new VendorError('AuthFailure.SignatureFailure', {
      en: 'The signature is not that of this request by the SecretKey of its SecretId.',
      zh: '签名与该 SecretId 的 SecretKey 对此请求的签名不符。',
    });
  return signer.caller;
}

/** Some clients know their service by the endpoint only, which may be any name but another service's. */
function requireOwnScope(
  services: readonly Service[],
  asked: Service | undefined,
  { service: given }: Signature,
): void {
  if (!asked || given === undefined || given === asked.name) return;
  if (!services.some(({ name }) => name === given)) return;
  throw new VendorError('AuthFailure.InvalidAuthorization', {
    en: `The request is signed for ${given}, and ${asked.version} is the version of ${asked.name}.`,
    zh: `请求的签名用于 ${given}，而 ${asked.version} 是 ${asked.name} 的版本。`,
  });
}

/** Whatever runs is stored with its `RequestId`, so that a repeat is given the first one's. */
async function carryOut(
  tools: FacadeTools,
  asked: Asked,
  received: Received,
  { caller, signature }: Signed,
): Promise<Reply> {
  const { service, action } = known(asked);
  if (!action.permissions.some((one) => caller.may(one))) throw lacking(action.permissions);
  const { region, lang } = asked.common;
  const input = hasPairs(received)
    ? unflatten(
        [...pairsOf(received)].filter(([name]) => !COMMON_NAMES.has(name)),
        action.params,
      )
    : await jsonParamsOf(received);
  const params = readParams(action.params, input, service.codeOfIssue);
  const via = viaOf(service);
  // Clients sign neither action nor nonce: of one second, two actions with the same parameters have the same
  // signature, and are two requests.
  const call = { caller, via, signature: `${action.name}/${signature}`, asked: [region, input] };
  const run = action.changes ? perform.bind(undefined, tools.deps) : look;
  return await run(call, (asking) =>
    attempt(tools, asked, async () => {
      const scope = { product: service.product, region: region || undefined };
      const answer = await action.run(tools.deps, { ...asking, ...scope, params, lang, via });
      return { status: 200, body: { Response: { ...answer, RequestId: asked.requestId } } };
    }),
  );
}

/** @throws VendorError that says which of the two is missing or unknown */
function known({ common, service, action }: Asked): { service: Service; action: Action } {
  if (!common.version) throw missing('Version');
  if (!common.action) throw missing('Action');
  const { version, action: name } = common;
  if (!service)
    throw new VendorError('NoSuchVersion', {
      en: `There is no version ${quoted(version)} here; docs/vendor-apis.md lists those that there are.`,
      zh: `此处没有版本 ${quoted(version)}；已支持的版本见 docs/vendor-apis.md。`,
    });
  if (!action)
    throw new VendorError('InvalidAction', {
      en: `${service.name} has no action ${quoted(name)} here; docs/vendor-apis.md lists those that there are.`,
      zh: `${service.name} 在此处没有接口 ${quoted(name)}；已支持的接口见 docs/vendor-apis.md。`,
    });
  return { service, action };
}

const missing = (name: string): VendorError =>
  new VendorError('MissingParameter', { en: `${name} is required.`, zh: `缺少参数 ${name}。` });

const quoted = (text: string): string => JSON.stringify(text.slice(0, 80));

/**
 * The type without a charset: with one, the Python SDK takes errors for good answers. A repeat's `RequestId` is
 * the first one's; the log has both.
 */
async function send(request: Request, response: Response, body: unknown): Promise<void> {
  // A sender who goes on sending what nobody wants is not waited for.
  if (hasBody(request.headers) && !request.complete) response.setHeader('Connection', 'close');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/json');
  response.status(200).end(await jsonOf(body));
}
