/**
 * EC2 for tests: moto's server (PyPI), reached by way of a server of ours that can answer in its place, hang, or
 * change what it says. moto itself lies in ways of its own: what was terminated starts again, a stop is done
 * at once, and an address stays with a machine that is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Plan } from '../../domain/plan';
import type { Machine } from '../../drivers/contract';
import { type Ec2Api, missingPackage, openEc2 } from '../../drivers/ec2/api';
import { venvWith } from './python';

const REQUIREMENTS = readFileSync(join(__dirname, 'moto-requirements.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** Ends when nobody holds its standard input any more, so that none is left behind. */
const PROGRAM = `
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
`;

export const REGION = 'eu-central-1';

/** What only tests ask of EC2: they make what there is, and do what nobody else has asked for. */
export interface Ec2InTests extends Ec2Api {
  describeImages(input: object): Promise<{ Images: { ImageId: string }[] }>;
  runInstances(input: object): Promise<{ Instances: { InstanceId: string }[] }>;
  allocateAddress(input: object): Promise<{ AllocationId: string }>;
  associateAddress(input: object): Promise<unknown>;
  attachVolume(input: object): Promise<unknown>;
}

/** How a call is answered in moto's place. */
export type Lie =
  | { how: 'error'; status: number; code: string; message?: string; after?: boolean }
  | { how: 'hang' }
  | { how: 'cut'; after?: boolean }
  /** Says yes and does nothing. */
  | { how: 'claim' }
  | { how: 'rewrite'; body: (body: string) => string };

export class Moto {
  /** Actions that came, in their order. */
  readonly asked: string[] = [];
  private lies: { action: string; lie: Lie; left: number; skip: number }[] = [];
  private child: ChildProcess | undefined;
  private server: Server | undefined;
  private motoPort = 0;
  private port = 0;
  private image = '';
  /** Past our server: what tests do is no lie. */
  ec2!: Ec2InTests;

  /** Where drivers find it. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @throws with what is to be run, when something is not installed */
  async start(): Promise<void> {
    const missing = missingPackage();
    if (missing !== undefined) throw new Error(missing);
    // Any will do for moto, and the SDK looks for some.
    process.env.AWS_ACCESS_KEY_ID = 'test';
    process.env.AWS_SECRET_ACCESS_KEY = 'test';
    const { path } = await venvWith(REQUIREMENTS);
    const child = spawn(path, ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('moto has ended')));
    ended.catch(() => {});
    const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
    this.motoPort = Number(line.toString());
    this.ec2 = openEc2({ region: REGION, endpoint: `http://127.0.0.1:${this.motoPort}` }) as Ec2InTests;
    this.image = (await this.ec2.describeImages({})).Images[0]!.ImageId;
    await this.join();
  }

  async stop(): Promise<void> {
    await this.cutOff();
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin!.end();
    await ended;
  }

  /** Nobody answers at its port; what there is stays. */
  async cutOff(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** At the same port as before. */
  async join(): Promise<void> {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** The next calls of this action are answered so, after those that are to be skipped. */
  tell(action: string, lie: Lie, times = 1, skip = 0): void {
    this.lies.push({ action, lie, left: times, skip });
  }

  repent(): void {
    this.lies = [];
  }

  /** A machine that runs, with a root volume of its own and a data volume; flags as EC2's own default isn't. */
  async make(more: object = {}): Promise<Made> {
    const { Instances } = await this.ec2.runInstances({
      ImageId: this.image,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: 't3.micro',
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8, DeleteOnTermination: false } },
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 9, DeleteOnTermination: true } },
      ],
      ...more,
    });
    const id = Instances[0]!.InstanceId;
    const { BlockDeviceMappings = [] } = (await this.show(id))!;
    const volume = (device: string) =>
      BlockDeviceMappings.find(({ DeviceName }) => DeviceName === device)?.Ebs?.VolumeId ?? '';
    return { id, root: volume('/dev/sda1'), data: volume('/dev/sdf') };
  }

  /** With an Elastic IP. */
  async makeWithAddress(): Promise<Made & { address: string }> {
    const made = await this.make();
    const { AllocationId: address } = await this.ec2.allocateAddress({ Domain: 'vpc' });
    await this.ec2.associateAddress({ AllocationId: address, InstanceId: made.id });
    return { ...made, address };
  }

  async show(id: string) {
    const { Reservations } = await this.ec2.describeInstances({ InstanceIds: [id] });
    return Reservations?.[0]?.Instances?.[0];
  }

  async isProtected(id: string): Promise<boolean | undefined> {
    const asked = { InstanceId: id, Attribute: 'disableApiTermination' } as const;
    return (await this.ec2.describeInstanceAttribute(asked)).DisableApiTermination?.Value;
  }

  async volume(id: string) {
    const Filters = [{ Name: 'volume-id', Values: [id] }];
    return (await this.ec2.describeVolumes({ Filters })).Volumes?.[0];
  }

  async addressOf(id: string) {
    const Filters = [{ Name: 'allocation-id', Values: [id] }];
    return (await this.ec2.describeAddresses({ Filters })).Addresses?.[0];
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const action = new URLSearchParams(body.toString()).get('Action') ?? '';
    this.asked.push(action);
    const lie = this.nextLie(action);
    const truth = async (): Promise<Answer> => await this.forward(request, body);
    switch (lie?.how) {
      case undefined:
        return send(response, await truth());
      case 'hang':
        return;
      case 'cut':
        if (lie.after) await truth();
        response.destroy();
        return;
      case 'claim':
        return send(response, {
          status: 200,
          text: `<${action}Response><return>true</return></${action}Response>`,
        });
      case 'rewrite': {
        const { status, text } = await truth();
        return send(response, { status, text: lie.body(text) });
      }
      case 'error': {
        if (lie.after) await truth();
        const error = `<Code>${lie.code}</Code><Message>${lie.message ?? lie.code}</Message>`;
        const text = `<Response><Errors><Error>${error}</Error></Errors><RequestID>r</RequestID></Response>`;
        return send(response, { status: lie.status, text });
      }
    }
  }

  private nextLie(action: string): Lie | undefined {
    const found = this.lies.find((one) => one.left > 0 && one.action === action);
    if (!found) return undefined;
    if (found.skip-- > 0) return undefined;
    found.left--;
    return found.lie;
  }

  private async forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const answer = await fetch(`http://127.0.0.1:${this.motoPort}${request.url}`, {
      method: request.method!,
      headers: headers as Record<string, string>,
      body,
    });
    return { status: answer.status, text: await answer.text() };
  }
}

export interface Made {
  id: string;
  root: string;
  data: string;
}

interface Answer {
  status: number;
  text: string;
}

const send = (response: ServerResponse, { status, text }: Answer): void =>
  void response.writeHead(status, { 'content-type': 'text/xml' }).end(text);

/** As Sunset names a machine of EC2. */
export const refOf = (id: string): Machine['ref'] => ({
  instanceId: `sunset-${id}`,
  externalId: id,
  product: 'tencent-cvm',
  region: REGION,
});

/** The root volume goes, data and address stay. */
export const planOf = ({ id, root, data, address }: Made & { address?: string }): Plan => {
  const reason = { en: 'It is elastic.', zh: '弹性资源。' };
  return {
    terminate: [
      { kind: 'instance', id: `sunset-${id}` },
      { kind: 'disk', id: root },
    ],
    retain: [
      { kind: 'disk', id: data, reason },
      ...(address === undefined ? [] : [{ kind: 'address' as const, id: address, reason }]),
    ],
  };
};
