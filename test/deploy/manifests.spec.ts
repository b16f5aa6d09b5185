import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { cites } from '../support/cite.js';
import { describeChart, helm, parsed, ROOT, valuesOf, type Manifest } from './helm.js';

const SAMPLES = ['default', 'production'];

const { kinds, definitions } = JSON.parse(readFileSync(join(ROOT, 'test/deploy/schemas/kubernetes.json'), 'utf8')) as {
  kinds: Record<string, { $ref: string }>;
  definitions: object;
};
const ajv = new Ajv({ allErrors: true });
const validators = new Map<string, ValidateFunction>();

function faultsOf(manifest: Manifest): unknown {
  const kind = `${manifest.apiVersion}/${manifest.kind}`;
  if (!(kind in kinds)) return `no schema of ${kind}: add it to tools/helm/kubernetes-schemas.mjs`;
  const validate = validators.get(kind) ?? ajv.compile({ ...kinds[kind], definitions });
  validators.set(kind, validate);
  validate(manifest);
  return validate.errors;
}

describeChart('The chart', () => {
  it.each(SAMPLES)(
    cites('deploy.chart-valid', 'has nothing that helm lint --strict complains of, with the values %s'),
    (name) => {
      expect(helm('lint', '--strict', '-f', valuesOf(name))).toMatchObject({ ok: true });
    },
  );

  // When a change is wanted: npm run -s helm -- template gateway deploy/helm/manifold --namespace agents \
  //   -f test/deploy/values/default.yaml > test/deploy/golden/default.yaml
  it.each(SAMPLES)('renders the values %s as test/deploy/golden has it', (name) => {
    const { stdout } = helm('template', '-f', valuesOf(name));
    expect(stdout).toBe(readFileSync(join(ROOT, `test/deploy/golden/${name}.yaml`), 'utf8'));
  });

  it.each(SAMPLES)(
    cites('deploy.chart-valid', 'renders the values %s to what Kubernetes knows, and no other field'),
    (name) => {
      const manifests = parsed(helm('template', '-f', valuesOf(name)).stdout);
      expect(manifests.map((manifest) => [manifest.kind, faultsOf(manifest)])).toEqual(
        manifests.map(({ kind }) => [kind, null]),
      );
      expect(manifests.length).toBeGreaterThan(5);
    },
  );

  it('renders every kind that there is a schema of', () => {
    const rendered = SAMPLES.flatMap((name) => parsed(helm('template', '-f', valuesOf(name)).stdout));
    expect([...new Set(rendered.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))].sort()).toEqual(
      Object.keys(kinds).sort(),
    );
  });

  it('is checked by schemas that find unknown fields, wrong types and what is missing', () => {
    const metadata = { name: 'x', labels: {} };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ prot: 80 }], sessionAffinity: 1 },
    };
    const faults = faultsOf(service as unknown as Manifest) as { keyword: string }[];
    expect(faults.map(({ keyword }) => keyword).sort()).toEqual(['additionalProperties', 'required', 'type']);
  });

  it('says after an install how to make the first key, connect a client and test it', () => {
    const { stdout } = helm('install', '--dry-run=client', '-f', valuesOf('production'));
    const notes = stdout.slice(stdout.indexOf('\nNOTES:'));
    expect(notes).toContain('kubectl -n agents exec deploy/gateway-manifold -- \\\n');
    expect(notes).toContain('node dist/apps/gateway/src/admin.js create-key --name me --roles user,operator,admin');
    expect(notes).toContain('claude mcp add --transport http manifold https://mcp.example.com/mcp');
    expect(notes).toContain('helm -n agents test gateway');
    expect(notes).toContain('https://mcp.example.com/docs describes its API to callers with a credential');
  });
});
