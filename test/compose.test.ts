/**
 * Production packaging, without an engine: docker-compose.yml, the Dockerfile, the settings they name, and
 * what docs/production.md says of them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadSettings, REQUIRED, readSettings, SETTING_NAMES } from '../cli/process/settings';
import { type ComposeService, readCompose } from '../tools/cluster/compose';
import { type ClusterPlace, commandOf, environmentOf, located, placeSecrets } from '../tools/cluster/place';
import { statementsOf } from '../tools/cluster/roles';

const ROOT = join(__dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const compose = readCompose(join(ROOT, 'docker-compose.yml'));
const services = Object.entries(compose.services);
const own = Object.keys(REQUIRED) as (keyof typeof REQUIRED)[];
const packageJson = JSON.parse(read('package.json')) as { version: string; scripts: Record<string, string> };
const entryPoints = (JSON.parse(read('tsconfig.build.json')) as { files: string[] }).files;

const folder = mkdtempSync(join(tmpdir(), 'sunset-compose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const made = join(folder, 'secrets');
const place: ClusterPlace = {
  secrets: join(folder, 'run'),
  ports: { 'postgres:5432': 15_432, 'temporal:7233': 17_233 },
};
beforeAll(() => {
  execFileSync('sh', [join(ROOT, 'deploy', 'make-secrets.sh'), made]);
  placeSecrets(compose, made, place);
});

describe('docker-compose.yml', () => {
  it('has the services of an installation', () => {
    expect(Object.keys(compose.services)).toEqual([
      'postgres',
      'temporal-schema',
      'temporal',
      'temporal-ui',
      'migrate',
      'api',
      'worker',
    ]);
  });

  it.each(services)(
    '%s: its image is pinned, it is not root, and writes nowhere but to its volume',
    (_, service) => {
      expect(service.image).toMatch(/^[\w./-]+:\d+\.\d+[\w.-]*$/);
      expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(service.readOnly).toBe(true);
      expect(service.volumes.filter(({ readOnly }) => !readOnly).map(({ source }) => source)).toEqual(
        _ === 'postgres' ? ['postgres'] : [],
      );
    },
  );

  it.each(services.filter(([, { restart }]) => !restart?.startsWith('on-failure')))(
    '%s runs for ever: it has a health check',
    (_, service) => {
      expect(service.healthcheck?.length).toBeGreaterThan(1);
    },
  );

  it('starts each service when what it needs is there', () => {
    const after = Object.fromEntries(services.map(([name, { dependsOn }]) => [name, dependsOn]));
    expect(after).toEqual({
      postgres: {},
      'temporal-schema': { postgres: 'service_healthy' },
      temporal: { 'temporal-schema': 'service_completed_successfully' },
      'temporal-ui': { temporal: 'service_healthy' },
      migrate: { postgres: 'service_healthy', temporal: 'service_healthy' },
      api: { migrate: 'service_completed_successfully' },
      worker: { migrate: 'service_completed_successfully' },
    });
  });

  it('lets workers be many: no name and no port of the host', () => {
    expect(compose.services.worker).toMatchObject({ containerName: undefined, ports: [] });
    for (const [, { containerName }] of services) expect(containerName).toBeUndefined();
  });

  it('publishes on loopback only', () => {
    for (const [, { ports }] of services)
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('mounts files that are there', () => {
    const sources = services
      .flatMap(([, { volumes }]) => volumes.map(({ source }) => source))
      .filter((source) => source.startsWith('.'));
    expect(sources.filter((source) => !statSync(join(ROOT, source)).isFile())).toEqual([]);
    expect(sources).toHaveLength(7);
  });

  it('runs this version', () => {
    for (const name of own) expect(compose.services[name]!.image).toBe(`sunset:${packageJson.version}`);
  });
});

describe('secrets', () => {
  it('are made by npm run secrets, all of them, and kept when it runs again', () => {
    const contents = () =>
      Object.keys(compose.secrets).map((name) => readFileSync(join(made, name), 'utf8').trim());
    const first = contents();
    expect(packageJson.scripts.secrets).toBe('sh deploy/make-secrets.sh');
    expect(new Set(first).size).toBe(first.length);
    for (const content of first) expect(content.length).toBeGreaterThanOrEqual(24);
    execFileSync('sh', [join(ROOT, 'deploy', 'make-secrets.sh'), made]);
    expect(contents()).toEqual(first);
    expect(statSync(made).mode & 0o077).toBe(0);
  });

  it.each(services)(
    '%s: comes by no other way than as a file, and has each file that it reads',
    (_, { environment, secrets }) => {
      const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
      expect(files.map((file) => file.slice('/run/secrets/'.length)).sort()).toEqual([...secrets].sort());
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|PWD|KEY|DATABASE_URL|DATABASE_ADMIN_URL/.test(name))
          expect(value).toMatch(/^\/run\/secrets\//);
      }
      for (const name of secrets) expect(compose.secrets[name]).toBe(`./secrets/${name}`);
    },
  );

  it('are ignored by git and by the image', () => {
    expect(read('.gitignore').split('\n')).toContain('secrets/');
    const [first, ...allowed] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    // Taken out again of folders that go: what is made on a machine, and for it.
    expect(allowed.filter((line) => !line.startsWith('!'))).toEqual([
      'drivers/ec2/node_modules',
      'console/dist',
    ]);
    expect(allowed.join(' ')).not.toMatch(/secrets|\.sunset/);
  });
});

describe('settings', () => {
  const bare = (service: ComposeService) =>
    Object.keys(service.environment).map((name) => name.replace(/_FILE$/, ''));

  it.each(own)('%s: every variable is one that Sunset knows', (name) => {
    expect(bare(compose.services[name]!).filter((one) => !(SETTING_NAMES as string[]).includes(one))).toEqual(
      [],
    );
  });

  it.each(own)('%s: what it needs is there, and is valid as it stands', (name) => {
    const settings = readSettings(environmentOf(compose.services[name]!, place, {}), REQUIRED[name]);
    expect(settings).toMatchObject({ sandbox: false, env: { TEMPORAL_ADDRESS: '127.0.0.1:17233' } });
    expect(settings.databaseUrl).toMatch(/^postgres:\/\/sunset:[\w-]+@127\.0\.0\.1:15432\/sunset$/);
  });

  it('migrate has the role that owns the database, and nobody else', () => {
    expect(readSettings(environmentOf(compose.services.migrate!, place, {})).databaseAdminUrl).toContain(
      '//sunset_admin:',
    );
    for (const name of ['api', 'worker'] as const)
      expect(bare(compose.services[name]!)).not.toContain('DATABASE_ADMIN_URL');
  });

  it('listens on all of the container’s addresses where others call, on loopback else', () => {
    expect(compose.services.api!.environment).toMatchObject({ HOST: '0.0.0.0', PORT: '3000' });
    expect(bare(compose.services.worker!)).not.toContain('HOST');
  });
});

describe('what a file says', () => {
  const file = join(folder, 'url');
  const problems = (
    env: NodeJS.ProcessEnv,
    required = REQUIRED.migrate as readonly (typeof SETTING_NAMES)[number][],
  ): string => {
    try {
      readSettings(env, required);
    } catch (error) {
      if (error instanceof BadSettings) return error.message;
      throw error;
    }
    return '';
  };
  const loopback = { DATABASE_URL: 'postgres://a:b@127.0.0.1:5432/c', TEMPORAL_ADDRESS: 'localhost:7233' };

  it('stands for the setting, without the newline at its end', () => {
    writeFileSync(file, 'postgres://a:b@db/c\n');
    expect(readSettings({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgres://a:b@db/c');
    writeFileSync(file, 'secret of the cloud\n');
    expect(readSettings({ ...loopback, TEMPORAL_API_KEY_FILE: file }).env.TEMPORAL_API_KEY).toBe(
      'secret of the cloud',
    );
  });

  it('is refused beside the setting itself, and both are named', () => {
    expect(problems({ ...loopback, DATABASE_URL_FILE: file })).toContain(
      'DATABASE_URL and DATABASE_URL_FILE are both set',
    );
  });

  it('is refused when the file is missing or empty, along with every other problem', () => {
    writeFileSync(file, ' \n');
    const text = problems({
      DATABASE_URL_FILE: join(folder, 'none'),
      SUNSET_OPERATOR_KEY_FILE: file,
      PORT: 'x',
    });
    expect(text).toContain(`DATABASE_URL_FILE names ${join(folder, 'none')}, which can't be read (ENOENT)`);
    expect(text).toContain('which is empty');
    expect(text).toContain('PORT must be a port number');
    expect(text).toContain('TEMPORAL_ADDRESS must be set here (or TEMPORAL_ADDRESS_FILE');
  });

  it('what is wrong in the file of control planes is told with all else', () => {
    const planes = join(folder, 'planes.yaml');
    writeFileSync(planes, '- { driver: inventory, match: { product: jd-vn } }\n- { driver: htp }\n');
    const text = problems({ ...loopback, SUNSET_CONTROL_PLANES: planes, PORT: 'x' });
    expect(text).toContain('PORT must be a port number');
    expect(text).toContain('SUNSET_CONTROL_PLANES: rule 1: there is no product "jd-vn"');
    expect(text).toContain('SUNSET_CONTROL_PLANES: rule 2: driver must be http, ec2 or inventory');
    writeFileSync(planes, '- { driver: inventory, match: { product: jd-vm } }\n');
    expect(readSettings({ ...loopback, SUNSET_CONTROL_PLANES: planes }).controlPlanes).toEqual([
      { match: { product: 'jd-vm' }, plane: null },
    ]);
  });

  it('sandbox: true is refused with servers of others, and npm run cluster can’t be played by anybody elsewhere', () => {
    expect(problems({ ...loopback, SUNSET_SANDBOX: 'true' })).toContain(
      'SUNSET_SANDBOX can be true only when',
    );
    expect(problems({ ...loopback, SUNSET_SANDBOX: 'true', SUNSET_STARTED_BY: 'cluster' })).toBe('');
    for (const elsewhere of [
      { DATABASE_URL: 'postgres://a:b@db.example/127.0.0.1' },
      { DATABASE_URL: 'postgres://a:b@127.0.0.1/c?host=db.example' },
      { TEMPORAL_ADDRESS: '127.0.0.1.example:7233' },
      { TEMPORAL_ADDRESS: '' },
    ]) {
      const text = problems({
        ...loopback,
        ...elsewhere,
        SUNSET_SANDBOX: 'true',
        SUNSET_STARTED_BY: 'cluster',
      });
      expect(text).toContain('SUNSET_SANDBOX can be true only when');
      expect(text).toContain('SUNSET_STARTED_BY is for npm run cluster');
    }
    expect(problems({ ...loopback, SUNSET_STARTED_BY: 'me' })).toContain(
      'SUNSET_STARTED_BY is set by npm run cluster only',
    );
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')));

  it('is Debian’s Node, with certificates, a limit of the heap, and no root', () => {
    expect(lines[0]).toBe('ARG NODE_IMAGE=node:22-bookworm-slim');
    expect(last.join('\n')).toMatch(/ca-certificates/);
    expect(last.join('\n')).toMatch(/NODE_OPTIONS=--max-old-space-size=\d+/);
    expect(last.filter((line) => line.startsWith('USER'))).toEqual([`USER ${compose.services.api!.user}`]);
  });

  it('runs scripts that exist', () => {
    const scripts = [...read('Dockerfile').matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script!);
    expect(scripts).toEqual(['build']);
    for (const script of scripts) expect(packageJson.scripts[script]).toBeDefined();
  });

  it('copies what is there and not ignored', () => {
    const sources = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const allowed = read('.dockerignore')
      .split('\n')
      .map((line) => line.replace(/^!/, ''));
    for (const source of sources.filter((one) => one !== '.')) {
      expect(existsSync(join(ROOT, source))).toBe(true);
      expect(allowed).toContain(source);
    }
  });

  it('and docker-compose.yml start programs that npm run build makes', () => {
    const words = [
      read('Dockerfile'),
      ...own.flatMap((name) => [
        ...commandOf(compose.services[name]!, place),
        ...(compose.services[name]!.healthcheck ?? []),
      ]),
    ];
    const programs = new Set(
      [...words.join(' ').matchAll(/dist\/(cli\/[\w-]+)\.js/g)].map(([, program]) => `${program}.ts`),
    );
    expect([...programs].sort()).toEqual([...entryPoints].sort());
    for (const program of programs) expect(existsSync(join(ROOT, program))).toBe(true);
  });
});

describe('npm run cluster', () => {
  it('gives services the addresses and paths of this machine', () => {
    const { temporal, worker } = compose.services;
    expect(located('temporal:7233', worker!, place)).toBe('127.0.0.1:17233');
    expect(commandOf(temporal!, place)).toEqual(['/bin/sh', join(ROOT, 'deploy', 'temporal', 'server.sh')]);
    expect(environmentOf(temporal!, place, { DB_PORT: 1 })).toMatchObject({
      DB_PORT: '1',
      POSTGRES_USER: 'temporal',
      POSTGRES_PWD_FILE: join(place.secrets, 'temporal_password'),
      DYNAMIC_CONFIG_FILE_PATH: join(ROOT, 'deploy', 'temporal', 'dynamicconfig.yaml'),
    });
  });

  it('reads roles.sql as psql does, as far as that file goes', () => {
    const quote = (text: string) => `'${text}'`;
    expect(
      statementsOf(
        "-- words; here\nSELECT 'CREATE x'\n\\gexec\nALTER ROLE a PASSWORD :'pw';\n",
        { pw: 'p' },
        quote,
      ),
    ).toEqual([
      { sql: "SELECT 'CREATE x'", isGenerator: true },
      { sql: "ALTER ROLE a PASSWORD 'p'", isGenerator: false },
    ]);
    const passwords = { temporal_password: '1', sunset_admin_password: '2', sunset_password: '3' };
    const statements = statementsOf(read('deploy/postgres/roles.sql'), passwords, quote);
    expect(statements.map(({ isGenerator }) => isGenerator)).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
      false,
    ]);
    expect(() => statementsOf(read('deploy/postgres/roles.sql'), {}, quote)).toThrow('temporal_password');
  });
});

describe('docs/production.md', () => {
  const text = read('docs/production.md');

  it('has every setting in its table, and no other', () => {
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(SETTING_NAMES);
  });

  it('names scripts, programs, services and files that exist', () => {
    for (const [, script] of text.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
      expect(packageJson.scripts[script!]).toBeDefined();
    for (const [, program] of text.matchAll(/dist\/(cli\/[\w-]+)\.js/g))
      expect(entryPoints).toContain(`${program}.ts`);
    for (const [, service] of text.matchAll(/docker compose exec (?:-T )?(?:--\S+ )*([\w-]+)/g))
      expect(compose.services[service!]).toBeDefined();
    for (const [, service] of text.matchAll(/--scale ([\w-]+)=/g))
      expect(compose.services[service!]).toBeDefined();
    for (const [, file] of text.matchAll(/`((?:deploy|docs|test|cli)\/[\w./-]+)`/g))
      expect(existsSync(join(ROOT, file!))).toBe(true);
  });
});
