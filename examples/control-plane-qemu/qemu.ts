/**
 * One virtual machine of QEMU's in one folder: how it is switched on and off, and whether it is on. A machine
 * is a process of its own that outlives this one, and is found again by its pid file and its QMP socket.
 */
import { execFile } from 'node:child_process';
import { accessSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PROGRAM = 'qemu-system-x86_64';
const IMAGES = 'qemu-img';
/** Made by install.sh. */
const GUEST = join(__dirname, '.guest');
const KERNEL = join(GUEST, 'vmlinuz');
const INITRD = join(GUEST, 'initrd.gz');

const DISK_SIZE = '64M';
const ANSWER_MS = 2000;
const START_MS = 30_000;
/** A guest that still boots doesn't hear its power button, so it is pressed again. */
const PRESS_EVERY_MS = 1000;
const LOOK_EVERY_MS = 50;
/** For QEMU to write out its disks and end. */
const QUIT_MS = 5000;
/** A path of a UNIX socket is no longer. */
export const LONGEST_SOCKET = 107;

export interface Hardware {
  id: string;
  memoryMb: number;
  /** Without one there is no processor either: a process with disks that starts at once. */
  guest: boolean;
  disks: { role: string; path: string }[];
}

/**
 * What has to be installed before.
 * @throws with the command that does it
 */
export async function mustBeInstalled(): Promise<void> {
  try {
    for (const program of [PROGRAM, IMAGES]) await run(program, ['--version']);
    for (const file of [KERNEL, INITRD]) accessSync(file);
  } catch {
    throw new Error(
      'QEMU or its guest is missing. On Debian: sudo sh examples/control-plane-qemu/install.sh',
    );
  }
}

export const socketOf = (folder: string): string => join(folder, 'qmp.sock');
export const consoleOf = (folder: string): string => join(folder, 'console.log');
const pidFileOf = (folder: string): string => join(folder, 'qemu.pid');

/** In QEMU's options a comma ends a value, unless there are two. */
const quoted = (path: string): string => path.replaceAll(',', ',,');
const qmpOf = (folder: string): string => `unix:${quoted(socketOf(folder))},server=on,wait=off`;

/** Blank, and as small as what is written to it; one that is there is overwritten. */
export async function makeDisk(path: string): Promise<void> {
  await run(IMAGES, ['create', '-q', '-f', 'qcow2', path, DISK_SIZE]);
}

/**
 * Comes back when it is on. QEMU holds a lock on its pid file, so there is never a second one on the same
 * disks, whoever starts it.
 * @throws what QEMU says when it can't
 */
export async function switchOn(folder: string, hardware: Hardware): Promise<void> {
  const { id, memoryMb, guest, disks } = hardware;
  const drives = disks.flatMap(({ role, path }) => {
    const drive = ['-drive', `file=${quoted(path)},format=qcow2,if=none,id=${role}`];
    return guest ? [...drive, '-device', `virtio-blk-pci,drive=${role},serial=${role}`] : drive;
  });
  const words = `console=ttyS0 quiet machine=${id} disks=${disks.length}`;
  const inside = [
    // The power button is then the only input that the guest has.
    ...['-machine', 'pc,i8042=off', '-accel', 'tcg', '-smp', '1', '-m', `${memoryMb}M`],
    ...['-kernel', KERNEL, '-initrd', INITRD, '-append', words],
    ...[
      '-chardev',
      `file,id=console,append=on,path=${quoted(consoleOf(folder))}`,
      '-serial',
      'chardev:console',
    ],
  ];
  await run(
    PROGRAM,
    [
      ...['-name', id, '-nodefaults', '-no-user-config', '-display', 'none', '-sandbox', 'on'],
      ...['-daemonize', '-pidfile', pidFileOf(folder), '-qmp', qmpOf(folder)],
      ...(guest ? inside : ['-machine', 'none']),
      ...drives,
    ],
    { timeout: START_MS },
  );
}

/**
 * Whether it is on: its process is there, and answers.
 * @throws when the process is there and does not: nobody can say what the machine does
 */
export async function isOn(folder: string): Promise<boolean> {
  if (processOf(folder) === undefined) return false;
  try {
    await qmp(folder, 'query-status');
    return true;
  } catch (error) {
    // It may just have ended.
    if (processOf(folder) === undefined) return false;
    throw error;
  }
}

/** By its power button; after that time by taking its power. Comes back when it is off. */
export async function switchOff(folder: string, graceMs: number): Promise<void> {
  const end = Date.now() + graceMs;
  while (processOf(folder) !== undefined && Date.now() < end) {
    // Whether it has heard is seen by what it does.
    await qmp(folder, 'system_powerdown').catch(() => {});
    await isGone(folder, Math.min(PRESS_EVERY_MS, end - Date.now()));
  }
  if (processOf(folder) === undefined) return;
  await qmp(folder, 'quit').catch(() => {});
  if (await isGone(folder, QUIT_MS)) return;
  const pid = processOf(folder);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  if (!(await isGone(folder, QUIT_MS))) throw new Error(`process ${pid} does not end`);
}

async function isGone(folder: string, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (processOf(folder) !== undefined) {
    if (Date.now() >= end) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/**
 * The process of the machine in this folder. Ids of processes come again, so it must be one with this
 * machine's socket; one that has ended and that nobody has waited for has no command line.
 */
function processOf(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFileOf(folder), 'utf8'));
    const isIt = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(qmpOf(folder));
    return isIt ? pid : undefined;
  } catch (error) {
    // ESRCH: it ended while it was read.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** QEMU listens to one client at a time; the others wait for their turn here. */
const turns = new Map<string, Promise<unknown>>();

async function qmp(folder: string, command: string): Promise<void> {
  const turn = (turns.get(folder) ?? Promise.resolve()).catch(() => {}).then(() => ask(folder, command));
  turns.set(folder, turn);
  await turn;
}

/** QMP: a line of JSON for each command, one for each answer, and others for what happens meanwhile. */
async function ask(folder: string, command: string): Promise<void> {
  const socket = connect(socketOf(folder)).setEncoding('utf8');
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('it does not answer')));
  const commands = ['qmp_capabilities', command];
  socket.write(commands.map((execute) => `${JSON.stringify({ execute })}\n`).join(''));
  let [answers, rest] = [0, ''];
  // Leaving the loop closes the socket.
  for await (const chunk of socket) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const said = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
      if (said.error) throw new Error(said.error.desc);
      if (said.return !== undefined) answers++;
    }
    if (answers === commands.length) return;
  }
  throw new Error('it has hung up');
}
