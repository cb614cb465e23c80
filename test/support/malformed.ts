/** Requests to the façade of Tencent Cloud that are signed, and wrong in one or several ways. */
import type { Random } from './random';
import { type Pair, type SignedRequest, signTc3, signV1 } from './tencent';

const ACTIONS = [
  'DescribeInstances',
  'DescribeInstancesStatus',
  'InquiryPriceTerminateInstances',
  'TerminateInstances',
  'StartInstances',
  'StopInstances',
  'RenewInstances',
  'ImportInstancesActionTimer',
  'DescribeInstancesActionTimer',
  'DeleteInstancesActionTimer',
  'ModifyInstancesAttribute',
  'toString',
  '__proto__',
];

const PARAMS = [
  'InstanceIds',
  'InstanceIds.0',
  'InstanceIds.99999',
  'Filters',
  'Filters.0.Name',
  'Filters.0.Values.0',
  'Offset',
  'Limit',
  'ReleaseAddress',
  'StopType',
  'StoppedMode',
  'InstanceChargePrepaid',
  'InstanceChargePrepaid.Period',
  'ActionTimer',
  'ActionTimer.ActionTime',
  'ActionTimerIds',
  'ActionTimerIds.0',
  'StatusList',
  'StartActionTime',
  'DisableApiTermination',
  '__proto__',
  'constructor.prototype',
  'a.b.c.d.e.f.g.h.i.j',
  '',
  '.',
];

const TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1e999',
  'true',
  'ins-1',
  'ins-1\u0000',
  '实例',
  '\ud800',
  '../..',
  '%',
  '2026-02-30T00:00:00Z',
];

/** Any JSON, also of values that no number of ours holds. */
function anything(random: Random, depth = 0): unknown {
  const kind = random.int(0, depth > 3 ? 6 : 9);
  if (kind <= 1) return random.pick(TEXTS);
  if (kind === 2) return 'x'.repeat(random.pick([200, 5_000, 60_000]));
  if (kind === 3) return random.pick([0, -1, 1.5, 1e308, 2 ** 53, Number.MIN_VALUE]);
  if (kind === 4) return random.pick([null, true, false]);
  if (kind === 5)
    return Array.from({ length: random.pick([0, 1, 101, 3_000]) }, (_, index) => `ins-${index}`);
  if (kind === 6) return [];
  if (kind <= 8) return Array.from({ length: random.int(0, 3) }, () => anything(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: random.int(0, 4) }, () => [random.pick(PARAMS), anything(random, depth + 1)]),
  );
}

/** Now and then such that the action comes to look for its instances. */
const paramsOf = (random: Random): Record<string, unknown> =>
  Object.fromEntries(
    random.chance(0.15)
      ? [['InstanceIds', ['ins-1', 'ins-1']]]
      : Array.from({ length: random.int(0, 4) }, () => [random.pick(PARAMS), anything(random)]),
  );

/** Not JSON, or JSON that two readers read in two ways. */
function brokenBody(random: Random): string {
  const text = JSON.stringify(paramsOf(random));
  return random.pick([
    text.slice(0, random.int(0, text.length)),
    `${text}${text}`,
    '{"Limit":1,"Limit":2}',
    '['.repeat(5_000),
    `{"InstanceIds":${'['.repeat(40)}${']'.repeat(40)}}`,
    '"text"',
    '1e400',
    'null',
    `{"Limit":${'9'.repeat(400)}}`,
    `[${'1,'.repeat(40_000)}1]`,
    ' '.repeat(270_000),
  ]);
}

/** Headers as HTTP lets them be: any byte but those that end a line. */
const headerText = (random: Random): string =>
  random.pick([
    '',
    '-1',
    '0',
    '99999999999999999999',
    'NaN',
    '1e9',
    'x'.repeat(3_000),
    Array.from({ length: 20 }, () => String.fromCharCode(random.int(33, 126))).join(''),
    Array.from({ length: 20 }, () => String.fromCharCode(random.int(161, 255))).join(''),
  ]);

const HEADERS = [
  'x-tc-version',
  'x-tc-timestamp',
  'x-tc-region',
  'x-tc-language',
  'x-tc-token',
  'x-tc-content-sha256',
  'content-type',
  'authorization',
  'x-request-id',
];

function mutilated(text: string, random: Random): string {
  const at = random.int(0, text.length);
  return random
    .pick([
      text.slice(0, at),
      text.slice(at),
      `${text.slice(0, at)}${headerText(random).slice(0, 50)}${text.slice(at)}`,
      text.replace('tc3_request', 'tc2_request'),
      text.replace(
        /SignedHeaders=[^,]*/,
        `SignedHeaders=${random.pick(['', ';', 'host', '__proto__;host', 'a;'.repeat(400)])}`,
      ),
      text.replace(/\d{4}-\d\d-\d\d/, random.pick(['9999-99-99', '0000-00-00', '275760-09-13', '2026-1-1'])),
      text.replace(/[0-9a-f]{64}/, random.pick(['', '0', 'g'.repeat(64), 'A'.repeat(64), '0'.repeat(64)])),
    ])
    .trim();
}

/** One of a kind that the façade takes for its own, signed by the pair. */
export function malformed(random: Random, url: string, pair: Pair): SignedRequest {
  const action = random.pick(ACTIONS);
  if (random.chance(0.2))
    return signV1({ url, pair, action, params: flat(random), method: random.pick(['GET', 'POST']) });
  const headers: Record<string, string> = {};
  // Before it is signed, so that it is about what was sent.
  if (random.chance(0.3)) headers[random.pick(HEADERS)] = headerText(random);
  const timestamp = random.chance(0.1)
    ? random.pick([0, -5, 2 ** 40, 8.64e12, 1.5])
    : Math.floor(Date.now() / 1000);
  const body = random.chance(0.3) ? brokenBody(random) : paramsOf(random);
  const dated = Number.isInteger(timestamp) && Math.abs(timestamp) < 8.6e12 ? timestamp : 0;
  const request = signTc3({
    url,
    pair,
    action,
    version: random.chance(0.9) ? '2017-03-12' : headerText(random),
    body,
    headers: { 'x-tc-timestamp': String(timestamp), ...headers },
    timestamp: dated,
    service: random.pick(['cvm', 'redis', '127', 'x'.repeat(200)]),
    signed: random.pick([['content-type', 'host'], ['content-type', 'host', 'x-tc-action'], ['host']]),
  });
  // And after it, so that it isn't what was signed.
  if (random.chance(0.2)) request.headers.authorization = mutilated(request.headers.authorization!, random);
  if (headers.authorization !== undefined) request.headers.authorization = headers.authorization;
  if (random.chance(0.05)) request.body = `${request.body}x`;
  return request;
}

/** Parameters as pairs: long ones only where an address may be. */
const flat = (random: Random): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: random.int(0, 6) }, () => [
      random.pick([...PARAMS, 'Timestamp', 'Nonce', 'SignatureMethod', 'SecretId', 'Token', 'Version']),
      random.pick([...TEXTS, 'x'.repeat(2_000)]).replace('\ud800', '?'),
    ]),
  );
