import { integrationApps } from '../../libs/config/src/groups/integration-app.js';
import { paragon } from '../../libs/config/src/groups/paragon.js';
import { cites } from '../support/cite.js';
import { describeChart, helm, manifestsOf, valuesOf } from './helm.js';

const set = (...values: readonly string[]): string[] => values.flatMap((value) => ['--set', value]);
const setJson = (...values: readonly string[]): string[] => values.flatMap((value) => ['--set-json', value]);
const MONGO = ['secrets.mongoUrl.name=db', 'secrets.mongoUrl.key=url'];
const REDIS = ['secrets.redisUrl.name=redis', 'secrets.redisUrl.key=url'];

/** All settings of Paragon and Integration.app, those that hold secrets by their names among the chart's secrets. */
const BACKENDS = {
  config: [paragon, integrationApps].flatMap(({ settings }) =>
    Object.entries<{ secret?: boolean }>(settings).flatMap(([name, { secret }]) =>
      secret || name === 'SIGNING_KEY_PATH' ? [] : [name],
    ),
  ),
  secrets: ['signingKey', 'integrationAppWorkspaceSecret'],
};

describeChart('The values of the chart', () => {
  const render = (...args: readonly string[]) => helm('template', '-f', valuesOf('default'), ...args);

  it.each<[string, readonly string[], string]>([
    ['two replicas on SQLite', set('replicaCount=2'), 'missing property'],
    ['autoscaling on SQLite', set('autoscaling.enabled=true'), 'missing property'],
    ['two replicas on MongoDB without Redis', set('replicaCount=2', ...MONGO), "missing property 'redisUrl'"],
    ['two replicas on SQLite with Redis', set('replicaCount=2', ...REDIS), "missing property 'mongoUrl'"],
    ['an empty MONGO_HOST for two replicas', set('replicaCount=2', 'config.MONGO_HOST=', ...REDIS), 'minLength'],
    ['Redis without MongoDB', set(...REDIS), "missing property 'mongoUrl'"],
    ['no replica', set('replicaCount=0'), 'replicaCount'],
    ['an unknown key', set('replicas=2'), "'replicas' not allowed"],
    ['an unknown key further down', set('ingress.hostname=a.example.com'), "'hostname' not allowed"],
    ['no key for the secrets', setJson('secrets={"secretsKey":null}'), '/secrets/secretsKey'],
    [
      'a Secret without the name of its key',
      setJson('secrets={"secretsKey":{"name":"a","key":null}}'),
      '/secrets/secretsKey/key',
    ],
    ['a secret by value', setJson('secrets.mongoUrl="mongodb://db"'), '/secrets/mongoUrl'],
    ['a secret among the plain settings', set('config.MONGO_URL=mongodb://db'), "propertyName 'MONGO_URL'"],
    ['a secret among the variables', setJson('extraEnv=[{"name":"SECRETS_KEY","value":"x"}]'), '/extraEnv/0/name'],
    ['a setting that the chart sets by itself', set('config.DATA_DIR=/tmp'), "propertyName 'DATA_DIR'"],
    ['a list where text is meant', setJson('config.EGRESS_ALLOW=["a"]'), '/config/EGRESS_ALLOW'],
    ['an ingress without a host', set('ingress.enabled=true'), '/ingress/host'],
    ['monitoring without a token', set('serviceMonitor.enabled=true'), '/serviceMonitor/token'],
    ['a digest that is none', set('image.digest=latest'), '/image/digest'],
    [
      'an end before the gateway has drained',
      set('terminationGracePeriodSeconds=30'),
      '/terminationGracePeriodSeconds',
    ],
    ['two ways to MongoDB', set('config.MONGO_HOST=db', ...MONGO), 'not'],
  ])(cites('deploy.sqlite-once', 'refuse %s'), (_name, args, line) => {
    const { ok, stderr } = render(...args);
    expect(ok).toBe(false);
    expect(stderr).toContain(line);
  });

  it('have to name the key of the secrets', () => {
    const { ok, stderr } = helm('template');
    expect(ok).toBe(false);
    expect(stderr).toContain("missing property 'secretsKey'");
  });

  it('allow two replicas on MongoDB and Redis, by URL or by host', () => {
    expect(render(...set('replicaCount=2', ...MONGO, ...REDIS))).toMatchObject({ ok: true });
    expect(render(...set('replicaCount=2', 'config.MONGO_HOST=db:27017', ...REDIS))).toMatchObject({ ok: true });
  });

  it('pass on every setting of the backends', () => {
    const { config, secrets } = BACKENDS;
    const given = config.map((name) => `config.${name}=value-of-${name}`);
    const references = secrets.flatMap((name) => [`secrets.${name}.name=backends`, `secrets.${name}.key=${name}`]);
    const manifests = manifestsOf('-f', valuesOf('default'), ...set(...given, ...references));
    const data = manifests.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    for (const name of config) expect([name, data.data[name]]).toEqual([name, `value-of-${name}`]);
    const pod = JSON.stringify(manifests.find(({ kind }) => kind === 'Deployment'));
    for (const name of secrets) expect(pod).toContain(`"key":"${name}"`);
  });

  it('pass on registries with their token, the proxy of the network and further certificates', () => {
    const names = ['NPM_REGISTRY', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS'];
    const token = ['secrets.npmToken.name=npm', 'secrets.npmToken.key=token'];
    const given = [...names.map((name) => `config.${name}=value-of-${name}`), ...token];
    const manifests = manifestsOf('-f', valuesOf('default'), ...set(...given));
    const data = manifests.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    for (const name of names) expect([name, data.data[name]]).toEqual([name, `value-of-${name}`]);
    const pod = JSON.stringify(manifests.find(({ kind }) => kind === 'Deployment'));
    expect(pod).toContain('{"name":"NPM_TOKEN_FILE","value":"/run/secrets/manifold/npmToken"}');
  });

  it('leave out what is switched off', () => {
    const args = set('networkPolicy.enabled=false', 'serviceAccount.create=false', 'persistence.existingClaim=mine');
    const manifests = manifestsOf('-f', valuesOf('default'), ...args);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'Deployment', 'Service']);
    const { stdout } = render(...args);
    expect(stdout).toContain('claimName: mine');
    expect(stdout).toContain('serviceAccountName: default');
  });
});
