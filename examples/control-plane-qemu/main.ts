/** A control plane for QEMU machines that speaks Sunset's protocol: see README.md. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { confirm } from './confirm';
import type { Machine } from './machine';
import { Machines } from './machines';
import { mustBeInstalled } from './qemu';
import { operatorServer, protocolServer } from './server';

const HELP = `npx tsx examples/control-plane-qemu/main.ts

PORT                  of the protocol's server, on 127.0.0.1 (9000)
SUNSET_QEMU_DATA      the folder of machines and of the secret (.sunset/qemu)
SUNSET_QEMU_GRACE     seconds for a guest to switch itself off (20)
SUNSET_QEMU_CONFIRM   where to say what came of a pending step (nowhere):
                      http://127.0.0.1:3000/v1/control-plane/confirmations`;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(HELP);
  await mustBeInstalled();
  const { PORT = '9000', SUNSET_QEMU_DATA = '.sunset/qemu', SUNSET_QEMU_GRACE = '20' } = process.env;
  const confirmTo = process.env.SUNSET_QEMU_CONFIRM;
  const folder = resolve(SUNSET_QEMU_DATA);
  const graceMs = Number(SUNSET_QEMU_GRACE) * 1000;
  if (!(graceMs >= 0)) throw new Error('SUNSET_QEMU_GRACE must be a number of seconds');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await mustBeAlone(folder);
  const secrets = secretsIn(join(folder, 'secret'));
  const onOwed = (machine: Machine, stepKey: string): void => {
    if (confirmTo) confirm(confirmTo, secrets[0]!, machine, stepKey).catch(console.error);
  };
  const machines = await Machines.open(folder, { graceMs, onOwed });

  const socket = join(folder, 'operator.sock');
  rmSync(socket, { force: true });
  await listen(operatorServer(machines), { path: socket });
  const server = protocolServer(machines, secrets);
  await listen(server, { host: '127.0.0.1', port: Number(PORT) });
  console.log(`Control plane: http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  console.log(`Secret:        ${join(folder, 'secret')}`);
  console.log(`New machine:   curl --unix-socket ${socket} http://qemu/machines -d '{"id": "vm-1"}'`);
}

/**
 * Two of them on one folder would each believe that they know its machines. Such a socket has a name and no
 * file: it is gone with its process, however that ends.
 */
async function mustBeAlone(folder: string): Promise<void> {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex');
  await listen(createServer().unref(), { path: `\0sunset-qemu-${name}` }).catch(() => {
    throw new Error(`Another control plane has ${folder}`);
  });
}

async function listen(server: Server, at: ListenOptions): Promise<void> {
  server.listen(at);
  await once(server, 'listening');
}

/** One a line, the newest first; made when there is none. */
function secretsIn(file: string): string[] {
  if (!existsSync(file))
    writeFileSync(file, `whsec_${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
